#include "kernels/emulator/source_lines.h"

#include <link.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>

#include "kernels/base/error.h"

namespace ceir::emulator {
namespace {

uintptr_t program_begin() {
  static const uintptr_t begin = [] {
    uintptr_t p = 0;
    dl_iterate_phdr([](dl_phdr_info* info, size_t, void* out) { *static_cast<uintptr_t*>(out) = info->dlpi_addr; return 1; }, &p);
    return p;
  }();
  return begin;
}

// "void ceir::(anonymous namespace)::softmax<32>(float*, float const*)" -> "ceir::softmax<32>"
std::string short_name(std::string s) {
  for (const char* noise : {"(anonymous namespace)::", "void "})
    for (size_t at; (at = s.find(noise)) != std::string::npos;) s.erase(at, std::string(noise).size());
  return s.substr(0, s.find('('));
}

SourceLine ask(uint32_t offset) {
  SourceLine found;
  char program[4096];
  const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
  if (n <= 0) return found;
  program[n] = 0;
  // Frames that were compiled into one another, innermost first: two lines each, function and place.
  const std::string command = fmt::format("addr2line -f -C -i -e '{}' {:#x} 2>/dev/null", program, offset);
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return found;
  char line[4096];
  const auto next = [&](std::string& l) {
    if (!std::fgets(line, sizeof line, pipe)) return false;
    l = line;
    while (!l.empty() && l.back() == '\n') l.pop_back();
    return true;
  };
  for (std::string function, place; next(function) && next(place);) {
    if (function != "??") found.function = short_name(function);  // the outermost is the kernel
    const auto colon = place.rfind(':');
    if (colon == std::string::npos || place.starts_with("??")) continue;
    const std::string file = tidy_path(place.substr(0, colon));
    if (found.file.empty() || (file.ends_with(".cu") && !found.file.ends_with(".cu"))) {  // the kernel's own line, not a helper's
      found.file = file;
      found.line = static_cast<uint32_t>(std::atoi(place.c_str() + colon + 1));
    }
  }
  pclose(pipe);
  return found;
}

}  // namespace

std::string tidy_path(const std::string& path) {
  std::string tidy = std::filesystem::path(path).lexically_normal().string();
  if (const std::string tree = "/ceir/"; tidy.starts_with(tree)) tidy.erase(0, tree.size());  // what kernels/CMakeLists.txt calls the sources' folder
  while (tidy.starts_with("../")) tidy.erase(0, 3);
  return tidy;
}

uint32_t offset_of(const void* address) { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(address) - program_begin()); }

SourceLine source_line(uint32_t offset) {
  static std::mutex mutex;
  static std::map<uint32_t, SourceLine> known;
  std::lock_guard lock(mutex);
  const auto [it, fresh] = known.try_emplace(offset);
  if (fresh) it->second = ask(offset);
  return it->second;
}

}  // namespace ceir::emulator
