#include "tools/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace ceir {

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) && !std::getenv("NO_COLOR")) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

std::string human_time(double seconds) {
  const auto s = static_cast<int64_t>(seconds + 0.5);
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m {:02}s", s / 60, s % 60);
  return fmt::format("{}h {:02}m", s / 3600, s / 60 % 60);
}

std::string human_bytes(int64_t bytes) {
  const double b = static_cast<double>(bytes);
  if (b < 1e3) return fmt::format("{} B", bytes);
  if (b < 1e6) return fmt::format("{:.1f} kB", b / 1e3);
  if (b < 1e9) return fmt::format("{:.1f} MB", b / 1e6);
  return fmt::format("{:.2f} GB", b / 1e9);
}

// The rate is the average since this process began the stage (work resumed from a checkpoint is not counted as
// done now), so the estimate is honest as soon as the work per unit is even.
void Progress::progress(std::string_view stage, int64_t done, int64_t total, std::string_view unit, std::string_view note) {
  if (quiet_) return;
  const auto now = Clock::now();
  if (stage != stage_) {
    clear();
    stage_ = stage;
    stage_begin_ = now;
    last_drawn_ = now - std::chrono::hours(1);
    first_done_ = done;
  }
  const bool last = done >= total;
  const double since = std::chrono::duration<double>(now - last_drawn_).count();
  const double elapsed = std::chrono::duration<double>(now - stage_begin_).count();
  if (!last && (since < (terminal_ ? 0.1 : 5.0) || (!terminal_ && elapsed < 5))) return;
  last_drawn_ = now;
  const double rate = elapsed > 0 ? static_cast<double>(done - first_done_) / elapsed : 0;
  const bool bytes = unit == "bytes";
  std::string line = bytes ? fmt::format("{}: {} of {}", stage, human_bytes(done), human_bytes(total)) : fmt::format("{}: {}/{} {}", stage, done, total, unit);
  if (rate > 0 && bytes) line += fmt::format(", {}/s", human_bytes(static_cast<int64_t>(rate)));
  else if (rate > 0) line += rate >= 10 ? fmt::format(", {:.0f}/s", rate) : fmt::format(", {:.2f}/s", rate);
  if (rate > 0 && !last) line += fmt::format(", {} left", human_time(static_cast<double>(total - done) / rate));
  if (last) line += fmt::format(", {}", elapsed < 10 ? fmt::format("{:.1f}s", elapsed) : human_time(elapsed));
  if (!note.empty()) line += fmt::format(" ({})", note);
  if (terminal_) {
    fmt::print(stderr, "\r\033[K{}", line);
    drawn_ = true;
    if (last) std::fputc('\n', stderr), drawn_ = false;
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
  if (last) stage_.clear();
}

}  // namespace ceir
