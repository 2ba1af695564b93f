#include "app/config_reader.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include "centrala/config/load.hpp"

namespace centrala::app {

void ConfigReader::read(const std::string& path, std::function<void(Read)> done) {
    thread_ = std::jthread([this, path, done = std::move(done)]() mutable {
        Read read;
        try {
            read = config::load(path);
        } catch (const std::exception& error) {  // of memory, most likely
            read = std::vector{config::Problem{path, 0, {}, error.what()}};
        }
        asio::post(io_, [read = std::move(read), done = std::move(done)]() mutable { done(std::move(read)); });
    });
}

}  // namespace centrala::app
