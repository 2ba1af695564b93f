// The registrar's bindings on disk, so that a restarted server knows its agents' phones at once.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <span>
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

/// The file's text, kept by agent, so that a phone's refresh costs its own lines only, whatever there is besides.
class BindingsText {
public:
    void set(const std::string& agent, std::span<const registrar::Binding> bindings);
    [[nodiscard]] std::string json() const;

private:
    std::map<std::string, std::string> by_agent_;
};
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
Result<bool> save_bindings(const std::string& path, std::string_view json);

/// Writes on a thread of its own, which also knows what didn't change.
class BindingsWriter {
public:
    /// `alarm` is called on the writer's thread, on the first failure and on recovery.
    BindingsWriter(std::string path, std::function<void(std::string_view)> alarm);
    ~BindingsWriter();  ///< writes what is left
    struct Agent {
        std::string name;
        std::vector<registrar::Binding> bindings;  ///< all that there are
    };
    void write(std::vector<Agent> changed);

private:
    void run();
    void save();
    std::string path_;
    std::function<void(std::string_view)> alarm_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Agent> changed_;
    bool asked_ = false, stop_ = false;
    // The thread's own.
    BindingsText text_;
    bool failing_ = false;
    std::thread thread_;
};

}  // namespace centrala::app
