// docs/kernels/*.md: the tables there are what the program prints.
#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

std::string trimmed(std::string s) {
  while (!s.empty() && (s.back() == ' ' || s.back() == '\n')) s.pop_back();
  return s;
}

std::vector<std::string> output_of(const std::string& arguments) {
  std::vector<std::string> lines;
  FILE* pipe = popen(("'" CEIR_BINARY_DIR "/ceir-emu' " + arguments).c_str(), "r");
  REQUIRE(pipe);
  char line[1024];
  while (std::fgets(line, sizeof line, pipe)) lines.push_back(trimmed(line));
  CHECK(pclose(pipe) == 0);
  return lines;
}

// Operation, shape and variant; the counts too where the pages were made: another compiler may keep more in registers.
std::string comparable(const std::string& line) {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ == 12 && defined(__x86_64__)
  return line;
#else
  return trimmed(line.substr(0, 56));
#endif
}

}  // namespace

TEST_CASE("docs/kernels: each page's table is what its command prints") {
  int tables = 0;
  for (const auto& entry : std::filesystem::directory_iterator(CEIR_SOURCE_DIR "/docs/kernels")) {
    std::ifstream in(entry.path());
    std::string line;
    const std::string prompt = "    $ ceir-emu ";
    while (std::getline(in, line)) {
      if (!line.starts_with(prompt)) continue;
      CAPTURE(line);
      tables++;
      for (const std::string& printed : output_of(line.substr(prompt.size()))) {
        REQUIRE(std::getline(in, line));
        REQUIRE(line.size() > 4);
        CHECK(comparable(line.substr(4)) == comparable(printed));
      }
    }
  }
  CHECK(tables >= 5);
}

TEST_CASE("docs/kernels: each page draws its ladder, and says whether a GPU has measured it") {
  for (const auto& entry : std::filesystem::directory_iterator(CEIR_SOURCE_DIR "/docs/kernels")) {
    if (entry.path().filename() == "README.md") continue;
    CAPTURE(entry.path().string());
    std::ifstream in(entry.path());
    bool drawn = false, measured = false;
    std::string before;
    for (std::string line; std::getline(in, line); before = line) {
      drawn = drawn || (line.starts_with("    ") && before.empty() && !line.starts_with("    $"));
      measured = measured || line.find("easured") != std::string::npos;
    }
    CHECK(drawn);
    CHECK(measured);
  }
}
