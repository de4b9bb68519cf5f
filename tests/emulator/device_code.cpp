#include "tests/emulator/device_code.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

namespace ceir::test {
namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <class T>
T at(const std::string& bytes, size_t offset) {
  if (offset + sizeof(T) > bytes.size()) throw std::runtime_error("an object file ends too early");
  T v;
  std::memcpy(&v, bytes.data() + offset, sizeof v);
  return v;
}

// (name, contents) of a 64-bit ELF file's sections.
std::vector<std::pair<std::string, std::string>> sections_of(const std::string& elf) {
  if (elf.compare(0, 5, "\x7f" "ELF\x02") != 0) throw std::runtime_error("not a 64-bit ELF file");
  const uint64_t table = at<uint64_t>(elf, 40);
  const size_t count = at<uint16_t>(elf, 60), names = at<uint16_t>(elf, 62);
  const auto field = [&](size_t section, size_t offset) { return table + 64 * section + offset; };
  const uint64_t strings = at<uint64_t>(elf, field(names, 24));
  std::vector<std::pair<std::string, std::string>> all;
  for (size_t i = 0; i < count; i++) {
    const std::string name = elf.c_str() + std::min<uint64_t>(strings + at<uint32_t>(elf, field(i, 0)), elf.size());
    const uint64_t offset = at<uint64_t>(elf, field(i, 24)), size = at<uint64_t>(elf, field(i, 32));
    constexpr uint32_t without_bytes = 8;  // SHT_NOBITS
    all.emplace_back(name, at<uint32_t>(elf, field(i, 4)) == without_bytes || offset > elf.size() ? "" : elf.substr(offset, size));
  }
  return all;
}

DeviceCode entry_of(const std::string& fatbin, size_t p, size_t header, size_t size) {
  constexpr int ptx = 1;
  DeviceCode code;
  code.ptx = at<uint16_t>(fatbin, p) == ptx;
  code.architecture = static_cast<int>(at<uint32_t>(fatbin, p + 28));
  const std::string body = fatbin.substr(p + header, size);
  if (code.ptx) code.text = body;
  else if (body.starts_with("\x7f" "ELF"))
    for (const auto& [name, bytes] : sections_of(body)) {
      if (!name.starts_with(".text.")) continue;
      for (size_t i = 0; i + 16 <= bytes.size(); i += 16) code.sass[name.substr(6)].push_back(at<uint16_t>(bytes, i) & 0x1ff);
    }
  return code;
}

std::string without_comments(const std::string& text) {
  std::istringstream in(text);
  std::string all, line;
  while (std::getline(in, line)) all += line.substr(0, line.find("//")) + "\n";
  return all;
}

// `// WORD sm_X`: X, or empty.
std::string stated(const std::string& text, const std::string& word) {
  const std::string begin = "\n// " + word + " sm_";
  const auto found = text.find(begin);
  if (found == std::string::npos) return "";
  const auto from = found + begin.size();
  return text.substr(from, text.find_first_not_of("0123456789a", from) - from);
}

}  // namespace

std::vector<DeviceCode> device_code_of(const std::string& object) {
  std::vector<DeviceCode> all;
  for (const auto& [name, bytes] : sections_of(contents(object))) {
    if (name != ".nv_fatbin") continue;
    for (size_t container = 0; container + 16 <= bytes.size();) {
      if (at<uint32_t>(bytes, container) != 0xba55ed50) {  // what lies between two is padding
        container += 8;
        continue;
      }
      const size_t begin = container + at<uint16_t>(bytes, container + 6), end = begin + at<uint64_t>(bytes, container + 8);
      for (size_t p = begin; p + 32 <= std::min(end, bytes.size());) {
        const size_t header = at<uint32_t>(bytes, p + 4), size = at<uint64_t>(bytes, p + 8);
        all.push_back(entry_of(bytes, p, header, size));
        p += header + size;
      }
      container = end;
    }
  }
  return all;
}

bool RungSource::knows(const std::string& architecture) const {
  return only.empty() ? std::stoi(architecture) >= least : architecture == only;
}

std::vector<RungSource> rung_sources() {
  std::vector<RungSource> all;
  const std::string root = CEIR_SOURCE_DIR "/";
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root + "kernels")) {
    if (entry.path().extension() != ".cu") continue;
    const std::string text = contents(entry.path().string());
    RungSource source{entry.path().string().substr(root.size()), without_comments(text)};
    if (const std::string least = stated(text, "needs"); !least.empty()) source.least = std::stoi(least);
    source.only = stated(text, "only");
    for (const auto& header : std::filesystem::directory_iterator(entry.path().parent_path()))
      if (header.path().extension() == ".h" && text.find("/" + header.path().filename().string() + "\"") != std::string::npos)
        source.text += without_comments(contents(header.path().string()));
    all.push_back(source);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return all;
}

}  // namespace ceir::test
