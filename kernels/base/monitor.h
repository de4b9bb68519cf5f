// How a long computation tells its caller how far it is. The command line draws a bar from it;
// tests and libraries pass nothing.
#pragma once
#include <cstdint>
#include <string_view>

namespace ceir {

class Monitor {
 public:
  virtual ~Monitor() = default;
  // `done` of `total` `unit`s of `stage` are finished; note is free text such as "loss 0.123".
  virtual void progress(std::string_view stage, int64_t done, int64_t total, std::string_view unit,
                        std::string_view note = {}) = 0;
};

inline void report(Monitor* monitor, std::string_view stage, int64_t done, int64_t total, std::string_view unit,
                   std::string_view note = {}) {
  if (monitor) monitor->progress(stage, done, total, unit, note);
}

}  // namespace ceir
