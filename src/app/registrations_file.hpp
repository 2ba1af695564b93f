// The registrar's bindings on disk, so that a restarted server knows its agents' phones at once.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "centrala/base/result.hpp"
#include "centrala/registrar/registrar.hpp"

namespace centrala::app {

/// Agent's name and binding.
using Bindings = std::vector<std::pair<std::string, registrar::Binding>>;

[[nodiscard]] std::string bindings_to_json(const Bindings& bindings);
/// Error: not such a file. Nothing is half read.
Result<Bindings> bindings_from_json(std::string_view text);

struct LoadedBindings {
    Bindings bindings;
    std::string warning;  ///< "" if all is well; a missing file is well
};
/// Leaves out bindings over TCP: their connections died with the process that held them. A file that can't be
/// understood is moved aside to `<path>.bad`.
LoadedBindings load_bindings(const std::string& path);

/// Replaces the file at once or not at all: temporary file, fsync, rename, fsync of the folder. Error: in words.
Result<bool> save_bindings(const std::string& path, const Bindings& bindings);

/// Writes on a thread of its own; only the latest of what it was given counts.
class BindingsWriter {
public:
    /// `alarm` is called on the writer's thread, on the first failure and on recovery.
    BindingsWriter(std::string path, std::function<void(std::string_view)> alarm);
    ~BindingsWriter();  ///< writes what is left
    void write(Bindings bindings);

private:
    void run();
    void save(const Bindings& bindings);
    std::string path_;
    std::function<void(std::string_view)> alarm_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::optional<Bindings> next_;
    bool stop_ = false, failing_ = false;
    std::thread thread_;
};

}  // namespace centrala::app
