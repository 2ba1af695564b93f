// WAV files as far as a configuration's check goes: whether the media plane can play them.
#pragma once

#include <string>

#include "centrala/base/time.hpp"

namespace centrala::config {

struct WavFile {
    std::string wrong;  ///< with the file, its path last; "" nothing
    Duration length{};
};

/// Only its headers are read: the samples are when it is loaded.
[[nodiscard]] WavFile look_at_wav(const std::string& path);

}  // namespace centrala::config
