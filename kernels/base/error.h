// The one exception of the project. Libraries throw it; only tools/main.cpp turns it into an exit code.
// A message is one sentence that says what, where, and what to do.
#pragma once
#include <fmt/core.h>

#include <stdexcept>
#include <string>

namespace ceir {

// Values are the exit codes of the command line.
enum class ErrorKind : int {
  internal = 1,     // a bug of ours
  usage = 2,        // a wrong command line or setting
  bad_input = 3,    // a file or model that cannot be used
  resource = 5,     // out of memory or disk
  network = 6,      // network, or not in the cache while offline
  interrupted = 130 // Ctrl-C
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

[[noreturn]] void fail(ErrorKind kind, const std::string& message);

// fail(ErrorKind::bad_input, "{}: tensor '{}' is missing", path, name)
template <class... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  fail(kind, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
[[noreturn]] void bad_input(fmt::format_string<Args...> format, Args&&... args) {
  fail(ErrorKind::bad_input, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
[[noreturn]] void usage_error(fmt::format_string<Args...> format, Args&&... args) {
  fail(ErrorKind::usage, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace ceir
