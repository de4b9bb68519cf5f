// A command of `ceir`: one file that declares its flags, checks everything, works, and writes atomically.
// To add one: write tools/NAME.cpp with a CommandEntry at its end, and add its line to tools/commands.cpp.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "kernels/base/error.h"
#include "kernels/base/monitor.h"
#include "tensor/io/json.h"
#include "tools/flags.h"

namespace ceir {

// Flags that every command takes, before or after its name.
struct Globals {
  std::string device = "auto", dtype = "f32", max_memory, trace, config;
  int64_t threads = 0, seed = 42, batch = 32;
  std::vector<std::string> kernels, settings;
  bool json = false, quiet = false, verbose = false, offline = false, dry_run = false, force = false;
  bool seed_given = false;
};

class Progress;

// What a command works with: the globals, and the two streams. Data goes to stdout, everything else to stderr.
class Context {
 public:
  Context(const Globals& globals, std::vector<std::string> arguments);
  ~Context();
  const Globals& globals() const { return globals_; }
  const std::vector<std::string>& arguments() const { return arguments_; }  // as typed, without the command
  Monitor* monitor();                               // progress on stderr; null when quiet
  void say(const std::string& message);             // a line on stderr, unless quiet
  void warn(const std::string& message);            // "warning: ..." on stderr, always
  void print(const std::string& text);              // stdout; throws Error(resource) when it cannot be written
  // The result: `text` for people, or `json` with --json.
  void result(const std::string& text, const Json& json);
  // Throws when `path` could not be written; with --dry-run or not. Call it for every output before the work starts.
  void check_output(const std::string& path);
  // OUT.partial, where work that an interrupt may cut is kept. It goes when the command has failed for good, and with
  // drop_unfinished() when it is done.
  std::string unfinished(const std::string& out);
  void drop_unfinished();

 private:
  Globals globals_;
  std::vector<std::string> arguments_;
  std::unique_ptr<Progress> progress_;
  std::vector<std::string> unfinished_;
};

class Command {
 public:
  virtual ~Command() = default;
  virtual void define(Flags& flags) = 0;
  virtual int run(Context& context) = 0;  // the exit code: 0, or 4 when images were skipped; throws Error otherwise
};

struct CommandEntry {
  const char* name;
  const char* summary;
  const char* example;
  std::unique_ptr<Command> (*make)();
};

template <class C>
std::unique_ptr<Command> make_command() { return std::make_unique<C>(); }

const std::vector<const CommandEntry*>& commands();  // in the order of `ceir --help`

// The whole program: parses, runs, reports. Returns the exit code; never throws.
int run_ceir(const std::vector<std::string>& arguments);

}  // namespace ceir
