// The program around the commands: finds the command, takes the global flags, turns errors into exit codes.
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>

#include "kernels/base/profile.h"
#include "kernels/launch/device.h"
#include "kernels/base/closest.h"
#include "kernels/base/cpu.h"
#include "kernels/base/error.h"
#include "kernels/base/interrupt.h"
#include "kernels/base/table.h"
#include "kernels/base/threads.h"
#include "kernels/launch/compute.h"
#include "tensor/io/file.h"
#include "tensor/storage.h"
#include "tools/command.h"
#include "tools/progress.h"
#include "tools/version.h"

namespace ceir {
namespace {

void on_signal(int) {
  if (interrupt_requested()) signal(SIGINT, SIG_DFL);  // a third Ctrl-C ends the program at once
  request_interrupt();
}

// A mapped file that somebody cuts short while it is read: its missing pages cannot be had, and the thread that asked
// for them cannot go on. Only async-signal-safe calls; whatever was being written has a temporary name still.
void on_lost_page(int, siginfo_t* info, void*) {
  const char* path = mapped_path_at(info->si_addr);
  if (!path) {  // not a file of ours: a bug, as it would have been without us
    signal(SIGBUS, SIG_DFL);
    return;
  }
  const auto put = [](const char* text) { (void)!::write(STDERR_FILENO, text, std::strlen(text)); };
  put("ceir: ");
  put(path);
  put(": became shorter, or could no longer be read, while it was in use; let nothing write to it and run the command again\n");
  ::_exit(static_cast<int>(ErrorKind::bad_input));
}

// A reader that stopped reading (`| head`) is no error; a full disk is.
void output_failed() {
  if (errno == EPIPE) return;
  fail(ErrorKind::resource, "stdout could not be written: {}", std::strerror(errno));
}

int print_page(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) output_failed();
  return 0;
}

// A path of the longest length a system allows fits whole; of anything longer the middle says nothing to anybody.
std::string readable(const std::string& message) {
  constexpr size_t longest = 4600, part = longest / 2 - 5;
  if (message.size() <= longest) return message;
  const auto inside = [&](size_t at) { return (static_cast<unsigned char>(message[at]) & 0xC0) == 0x80; };  // of a UTF-8 character
  size_t head = part, tail = message.size() - part;
  while (head > 0 && inside(head)) head--;
  while (tail < message.size() && inside(tail)) tail++;
  return message.substr(0, head) + " [...] " + message.substr(tail);
}

// What the system refused: no room is a matter of the machine, everything else of what was named.
int report_system_error(const std::system_error& e) {
  const std::error_code code = e.code();
  std::string where;
  if (const auto* file = dynamic_cast<const std::filesystem::filesystem_error*>(&e)) {
    where = file->path1().string();
    if (!file->path2().empty()) where += " -> " + file->path2().string();
  }
  const bool room = code == std::errc::no_space_on_device || code == std::errc::not_enough_memory || code == std::errc::resource_unavailable_try_again ||
                    code == std::errc::too_many_files_open || code == std::error_code(EDQUOT, std::generic_category());
  fmt::print(stderr, "ceir: {}{}{}\n", where, where.empty() ? "" : ": ", code.message());
  return static_cast<int>(room ? ErrorKind::resource : ErrorKind::bad_input);
}

void define_globals(Flags& flags, Globals& g) {
  flags.group("Options of every command");
  flags.option("--device", g.device, "auto, cpu, cuda[:N], or in build/ceir-emu emu[:check] (default auto: cpu)");
  flags.option("--threads", g.threads, "threads; 0 = the cores this process may use. Never changes a bit");
  flags.option("--seed", g.seed, "of every random choice; the same seed gives the same bytes");
  flags.option("--dtype", g.dtype, "what is computed in (default f32)");
  flags.option("--batch", g.batch, "images or texts per forward pass; never changes a bit");
  flags.option("--kernel", g.kernels, "OP=VARIANT: which implementation runs (repeatable); `ceir bench OP` lists them");
  flags.flag("--json", g.json, "the result as one JSON object on stdout");
  flags.flag("--quiet", g.quiet, "no progress");
  flags.flag("--verbose", g.verbose, "at the end: kernels by operation, variant and shape with their time (slower on a device), and peak memory");
  flags.flag("--offline", g.offline, "never touch the network");
  flags.flag("--dry-run", g.dry_run, "check everything, say what would be done, write nothing");
  flags.flag("--force", g.force, "overwrite existing output");
  flags.option("--max-memory", g.max_memory, "stop rather than use more, e.g. 2G");
  flags.option("--trace", g.trace, "folder for every intermediate tensor of one pass");
  flags.option("--config", g.config, "JSON file of settings: {\"vae\": {\"beta\": 0.3}}");
  flags.option("--set", g.settings, "one setting, e.g. vae.beta=0.3 (repeatable)");
}

// Global flags that take a value: their value must not be mistaken for the command.
bool takes_value(const std::string& a) {
  static const char* const names[] = {"--device", "--threads", "--seed", "--dtype", "--batch", "--kernel",
                                      "--max-memory", "--trace", "--config", "--set"};
  for (const char* n : names)
    if (a == n) return true;
  return false;
}

std::string overview() {
  std::string s =
      "ceir: explainable image representations from named concepts\n\n"
      "Usage: ceir COMMAND [ARGUMENTS] [OPTIONS]\n"
      "       ceir COMMAND --help        what it does, every option, an example\n\nCommands:\n";
  for (const CommandEntry* c : commands()) s += fmt::format("  {:<12} {}\n", c->name, c->summary);
  s += "\nStart with:  ceir run scenes:2000     or     ceir run FOLDER_OF_PHOTOS\n";
  return s;
}

int64_t parse_size(const std::string& text) {
  size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  const std::string unit = text.substr(used);
  const double factor = unit.empty() || unit == "B" ? 1 : unit[0] == 'k' || unit[0] == 'K' ? 1e3 : unit[0] == 'M' ? 1e6 : unit[0] == 'G' ? 1e9 : 0;
  if (used == 0 || factor == 0 || !(value > 0) || value * factor > 9e18)
    usage_error("--max-memory '{}' is not a size; write 800M or 2G", text);
  return static_cast<int64_t>(value * factor);
}

void apply(const Globals& g) {
  choose_device(g.device);
  if (g.dtype != "f32") usage_error("--dtype {} is not available here; use --dtype f32", g.dtype);
  if (g.threads < 0 || g.threads > 1024) usage_error("--threads {}: 0 to 1024", g.threads);
  if (g.batch < 1 || g.batch > 65536) usage_error("--batch {}: 1 to 65536", g.batch);
  if (g.seed < 0) usage_error("--seed {}: must not be negative", g.seed);
  set_thread_count(static_cast<int>(g.threads));
  if (!g.max_memory.empty()) set_memory_limit(parse_size(g.max_memory));
  for (const std::string& k : g.kernels) {
    const auto equals = k.find('=');
    std::vector<std::string> ops, variants;
    const std::string op = k.substr(0, equals);
    for (const TableBase* t : all_tables()) {
      ops.emplace_back(t->op());
      if (op == t->op())
        for (const char* v : t->variant_names()) variants.emplace_back(v);
    }
    if (equals == std::string::npos) usage_error("--kernel {} is not OP=VARIANT, for example --kernel gemm=avx2", k);
    if (variants.empty()) {
      const std::string near = closest(op, ops);
      usage_error("--kernel {}: there is no operation '{}'{}", k, op, near.empty() ? "; `ceir bench` lists them" : "; did you mean " + near + "?");
    }
    const std::string variant = k.substr(equals + 1);
    std::string known;
    bool found = false;
    for (const std::string& v : variants) known += (known.empty() ? "" : ", ") + v, found = found || v == variant;
    if (!found) usage_error("--kernel {}: {} has no variant '{}'; it has {}", k, op, variant, known);
    choose_variant(op, variant);
  }
}

// What --verbose says of the kernels: a line for each operation, variant and shape.
void say_kernels(Context& context, const std::vector<KernelUse>& uses) {
  if (uses.empty()) return;
  double total = 0;
  bool device = false;
  for (const KernelUse& u : uses) total += u.seconds, device = device || u.device == Device::cuda;
  context.say(fmt::format("{:<24} {:<14} {:<6} {:<36} {:>8} {:>10} {:>7}", "operation", "variant", "device", "shape", "calls", "ms", "share"));
  for (const KernelUse& u : uses)
    context.say(fmt::format("{:<24} {:<14} {:<6} {:<36} {:>8} {:>10.2f} {:>6.1f}%", u.op, u.variant, u.device == Device::cpu ? "cpu" : chosen_device(), u.shape, u.calls, 1e3 * u.seconds,
                            total > 0 ? 100 * u.seconds / total : 0.0));
  context.say(fmt::format("kernels: {:.2f} ms, summed over the threads that called them{}", 1e3 * total,
                          device ? "; on the device each was waited for, which made this run slower than one without --verbose" : ""));
}

int dispatch_command(const std::vector<std::string>& arguments) {
  size_t at = 0;
  while (at < arguments.size() && arguments[at].starts_with("-")) {
    if (arguments[at] == "--version") return print_page(version_text());
    if (arguments[at] == "--help" || arguments[at] == "-h") return print_page(overview());
    at += takes_value(arguments[at]) ? 2 : 1;
  }
  if (at >= arguments.size()) {
    if (!arguments.empty()) usage_error("no command given; see `ceir --help`");
    std::fputs(overview().c_str(), stderr);
    return static_cast<int>(ErrorKind::usage);
  }
  std::string name = arguments[at];
  std::vector<std::string> rest = arguments;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
  if (name == "help") {  // `ceir help cluster`
    if (rest.empty()) return print_page(overview());
    name = rest[0];
    rest = {"--help"};
  }
  const CommandEntry* entry = nullptr;
  std::vector<std::string> names;
  for (const CommandEntry* c : commands()) {
    names.emplace_back(c->name);
    if (name == c->name) entry = c;
  }
  if (!entry) {
    const std::string near = closest(name, names);
    usage_error("there is no command '{}'; {}", name, near.empty() ? "see `ceir --help`" : "did you mean `ceir " + near + "`?");
  }
  const auto command = entry->make();
  Flags flags(std::string("ceir ") + entry->name, entry->summary, std::string("Example:\n  ") + entry->example);
  Globals globals;
  command->define(flags);
  define_globals(flags, globals);
  flags.parse(rest);
  if (flags.wants_help()) return print_page(flags.help());
  for (const std::string& a : rest) globals.seed_given = globals.seed_given || a == "--seed" || a.starts_with("--seed=");
  apply(globals);
  Context context(globals, rest);
  int code = 0;
  if (globals.verbose) start_kernel_profile([] { synchronize(); });
  try {
    code = command->run(context);
  } catch (const Error& e) {
    // Unfinished work is kept for the same command to go on; after bad input there is nothing to go on from.
    if (e.kind() != ErrorKind::interrupted && e.kind() != ErrorKind::resource) context.drop_unfinished();
    throw;
  }
  if (globals.verbose) say_kernels(context, stop_kernel_profile());
  if (globals.verbose) context.say(fmt::format("peak memory of tensors: {}", human_bytes(memory_account().peak_bytes)));
  if (std::fflush(stdout) != 0) output_failed();
  return code;
}

}  // namespace

Context::Context(const Globals& globals, std::vector<std::string> arguments)
    : globals_(globals), arguments_(std::move(arguments)), progress_(std::make_unique<Progress>(globals.quiet)) {}
Context::~Context() = default;
Monitor* Context::monitor() { return globals_.quiet ? nullptr : progress_.get(); }
void Context::say(const std::string& message) {
  if (globals_.quiet) return;
  progress_->clear();
  fmt::print(stderr, "{}\n", message);
}
void Context::warn(const std::string& message) {
  progress_->clear();
  fmt::print(stderr, "warning: {}\n", message);
}
void Context::print(const std::string& text) {
  progress_->clear();
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) output_failed();
}
void Context::result(const std::string& text, const Json& json) { print(globals_.json ? json.dump() + "\n" : text); }
void Context::check_output(const std::string& path) { check_writable(path, globals_.force); }
std::string Context::unfinished(const std::string& out) {
  unfinished_.push_back(out + ".partial");
  return unfinished_.back();
}
void Context::drop_unfinished() {
  std::error_code ignored;
  for (const std::string& folder : unfinished_) std::filesystem::remove_all(folder, ignored);
  unfinished_.clear();
}

int run_ceir(const std::vector<std::string>& arguments) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction lost {};
  lost.sa_sigaction = on_lost_page;
  lost.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &lost, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit of `ulimit -f` is a write that fails, not an end without a word
  try {
    return dispatch_command(arguments);
  } catch (const Error& e) {
    fmt::print(stderr, "ceir: {}\n", readable(e.what()));
    if (e.kind() == ErrorKind::internal) fmt::print(stderr, "This is a bug in ceir; please report it with the command you ran.\n");
    return static_cast<int>(e.kind());
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "ceir: out of memory; a smaller --batch or fewer pictures need less\n");
    return static_cast<int>(ErrorKind::resource);
  } catch (const std::system_error& e) {
    return report_system_error(e);
  } catch (const std::exception& e) {
    fmt::print(stderr, "ceir: {}\nThis is a bug in ceir; please report it with the command you ran.\n", e.what());
    return static_cast<int>(ErrorKind::internal);
  }
}

}  // namespace ceir
