// Compiled once for all tests; see src/precompiled.hpp.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../src/precompiled.hpp"
