#include "tools/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>

#include "kernels/base/closest.h"
#include "kernels/base/error.h"

namespace ceir {

namespace {
// NaN and infinity parse as numbers, and mean nothing to any option.
std::string finite(const std::string& text) { return std::isfinite(std::strtod(text.c_str(), nullptr)) ? "" : "'" + text + "' is not a finite number"; }
// What does not fit into 64 bits would be cut to the largest number that does.
std::string fits(const std::string& text) {
  errno = 0;
  (void)std::strtoll(text.c_str(), nullptr, 10);
  return errno == ERANGE ? "'" + text + "' is out of range" : "";
}
}  // namespace

struct Flags::Body {
  CLI::App app;
  std::string group = "Options";
  bool help = false;

  template <class T>
  CLI::Option* add(const char* names, T& value, const char* help, bool required) {
    CLI::Option* option = app.add_option(names, value, help);
    option->group(group);
    if (required) option->required();
    return option;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const CLI::Option* o : app.get_options())
      for (const std::string& name : o->get_lnames()) all.push_back("--" + name);
    return all;
  }
};

Flags::Flags(const std::string& program, const std::string& summary, const std::string& footer) : body_(std::make_unique<Body>()) {
  body_->app.name(program);
  body_->app.description(summary);
  body_->app.footer(footer);
  body_->app.set_help_flag();
  body_->app.add_flag("-h,--help", body_->help, "this page");
  body_->app.get_formatter()->column_width(34);
}
Flags::~Flags() = default;

void Flags::positional(const char* name, std::string& v, const char* help, bool required) { body_->add(name, v, help, required); }
void Flags::positionals(const char* name, std::vector<std::string>& v, const char* help, bool required) { body_->add(name, v, help, required); }
void Flags::option(const char* names, std::string& v, const char* help, bool required) { body_->add(names, v, help, required); }
void Flags::option(const char* names, int64_t& v, const char* help, bool required) { body_->add(names, v, help, required)->check(fits)->capture_default_str(); }
void Flags::option(const char* names, double& v, const char* help, bool required) { body_->add(names, v, help, required)->check(finite)->capture_default_str(); }
void Flags::option(const char* names, std::optional<int64_t>& v, const char* help) { body_->add(names, v, help, false)->check(fits); }
void Flags::option(const char* names, std::optional<double>& v, const char* help) { body_->add(names, v, help, false)->check(finite); }
void Flags::option(const char* names, std::vector<std::string>& v, const char* help) {
  body_->add(names, v, help, false)->expected(1)->take_all();
}
void Flags::choice(const char* names, std::string& v, std::vector<std::string> allowed, const char* help) {
  body_->add(names, v, help, false)->check(CLI::IsMember(std::move(allowed)))->capture_default_str();
}
void Flags::flag(const char* names, bool& v, const char* help) { body_->app.add_flag(names, v, help)->group(body_->group); }
void Flags::group(const char* title) { body_->group = title; }

bool Flags::wants_help() const { return body_->help; }
std::string Flags::help() const { return body_->app.help(); }

void Flags::parse(const std::vector<std::string>& arguments) {
  if (std::ranges::any_of(arguments, [](const std::string& a) { return a == "--help" || a == "-h"; })) {
    body_->help = true;
    return;
  }
  const std::string see = "; see `" + body_->app.get_name() + " --help`";
  // A misspelt option first: CLI11 would rather complain that the right one is missing.
  const auto known = body_->names();
  for (const std::string& a : arguments) {
    if (a == "--") break;
    const std::string name = a.substr(0, a.find('='));
    if (name.size() < 3 || !name.starts_with("--") || std::ranges::find(known, name) != known.end()) continue;
    const std::string near = closest(name, known);
    usage_error("unknown option {}{}", name, near.empty() ? see : "; did you mean " + near + "?");
  }
  try {
    auto reversed = arguments;
    std::ranges::reverse(reversed);
    body_->app.parse(reversed);
  } catch (const CLI::ExtrasError&) {
    const auto rest = body_->app.remaining();
    usage_error("unexpected argument '{}'{}", rest.empty() ? "" : rest.front(), see);
  } catch (const CLI::ParseError& e) {
    std::string what = e.what();
    std::ranges::replace(what, '\n', ' ');
    usage_error("{}{}", what, see);
  }
}

}  // namespace ceir
