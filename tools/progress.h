// Progress on stderr: one line that is redrawn on a terminal, a line every few seconds elsewhere.
#pragma once
#include <chrono>
#include <string>

#include "kernels/base/monitor.h"

namespace ceir {

class Progress : public Monitor {
 public:
  explicit Progress(bool quiet);
  ~Progress() override;
  void progress(std::string_view stage, int64_t done, int64_t total, std::string_view unit, std::string_view note) override;
  void clear();  // wipes the line, so that something else can be printed

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_, terminal_, drawn_ = false;
  std::string stage_;
  Clock::time_point stage_begin_, last_drawn_;
  int64_t first_done_ = 0;
};

std::string human_time(double seconds);    // "1m 20s"
std::string human_bytes(int64_t bytes);    // "1.2 GB"

}  // namespace ceir
