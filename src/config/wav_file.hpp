// WAV files as far as a configuration's check goes: whether the media plane can play them.
#pragma once

#include <string>

namespace centrala::config {

/// "" or what is wrong with the file, its path last. Only its headers are read: the samples are when it is loaded.
[[nodiscard]] std::string check_wav(const std::string& path);

}  // namespace centrala::config
