#include "kernels/base/cpu.h"

#include <cstdlib>
#include <fstream>
#include <string_view>

#include "kernels/base/error.h"

namespace ceir {
namespace {

struct Found {
  bool avx2 = false, avx512 = false;
};

Found look() {
  Found f;
#if defined(__x86_64__)
  __builtin_cpu_init();
  f.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  f.avx512 = f.avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#endif
  if (const char* cap = std::getenv("CEIR_CPU"); cap && *cap) {
    const std::string_view c = cap;
    if (c == "sse2") f.avx2 = f.avx512 = false;
    else if (c == "avx2") f.avx512 = false;
    else if (c != "avx512") usage_error("CEIR_CPU is '{}'; it takes sse2, avx2 or avx512", c);
  }
  return f;
}

const Found& found() {
  static const Found f = look();
  return f;
}

}  // namespace

bool cpu_has(Cpu feature) { return feature == Cpu::avx2 ? found().avx2 : found().avx512; }

std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name"))
      if (const auto colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "unknown";
}

std::string cpu_features() {
#if defined(__x86_64__)
  std::string s = "sse2";
  if (found().avx2) s += " avx2 fma f16c";
  if (found().avx512) s += " avx512f avx512dq avx512bw avx512vl";
  return s;
#else
  return "portable";
#endif
}

}  // namespace ceir
