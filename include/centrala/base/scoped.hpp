// A variable that has another value until the end of the scope, however that comes.
#pragma once

#include <utility>

namespace centrala {

template <class T>
class Scoped {
public:
    Scoped(T& variable, T value) : variable_(variable), before_(std::exchange(variable, std::move(value))) {}
    ~Scoped() { variable_ = std::move(before_); }
    Scoped(const Scoped&) = delete;
    Scoped& operator=(const Scoped&) = delete;

private:
    T& variable_;
    T before_;
};

}  // namespace centrala
