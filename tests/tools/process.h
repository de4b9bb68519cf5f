// Runs the built program as a user does: arguments in, exit code, stdout and stderr out.
#pragma once
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/data/temp_folder.h"

namespace ceir::test {

inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Finished {
  int code = -1;  // 128 + signal when it was killed
  std::string out, err;
};

struct ProcessOptions {
  std::string program = "ceir";  // or ceir-emu, the same with the block emulator inside
  std::string input;             // of stdin
  int signal_after_ms = -1;      // sends `signal` then
  int signal = SIGINT;
  std::string folder;            // to work in
  std::string out_to;            // stdout goes there in place of being caught
  std::vector<std::pair<std::string, std::string>> environment;  // besides what the test has; "" takes a variable away
  int64_t longest_file = 0;      // bytes, > 0: writing more fails, as on a full disk
};

inline Finished ceir_process(const std::vector<std::string>& arguments, const ProcessOptions& options = {}) {
  const TempFolder streams;
  streams.write("in", options.input);
  const std::string out = options.out_to.empty() ? streams / "out" : options.out_to, err = streams / "err", in = streams / "in";
  const std::string program = std::string(CEIR_BINARY_DIR) + "/" + options.program;
  const pid_t child = fork();
  if (child == 0) {
    dup2(open(in.c_str(), O_RDONLY), 0);
    dup2(open(out.c_str(), O_CREAT | O_WRONLY, 0666), 1);
    dup2(open(err.c_str(), O_CREAT | O_WRONLY, 0666), 2);
    for (const auto& [name, value] : options.environment) value.empty() ? unsetenv(name.c_str()) : setenv(name.c_str(), value.c_str(), 1);
    if (options.longest_file > 0) {
      const rlimit limit{static_cast<rlim_t>(options.longest_file), static_cast<rlim_t>(options.longest_file)};
      setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) _exit(126);
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  if (options.signal_after_ms >= 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(options.signal_after_ms));
    kill(child, options.signal);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), options.out_to.empty() ? slurp(out) : "", slurp(err)};
}

// Every file below a folder, by its relative name; those named in `without` left out.
inline std::map<std::string, std::string> files_below(const std::string& folder, const std::vector<std::string>& without = {}) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = std::filesystem::relative(entry.path(), folder).string();
    if (entry.is_regular_file() && std::find(without.begin(), without.end(), name) == without.end()) all[name] = slurp(entry.path().string());
  }
  return all;
}

// One sentence that begins with "ceir: ", whatever stands around it.
inline bool one_sentence(const std::string& err) {
  const size_t at = err.find("ceir: ");
  return at != std::string::npos && (at == 0 || err[at - 1] == '\n') && err.find("\nceir: ", at + 1) == std::string::npos && err.find("bug in ceir") == std::string::npos;
}

}  // namespace ceir::test
