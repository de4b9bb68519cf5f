// Declaring options of a command, behind a light header (CLI11 itself is included in flags.cpp alone: it costs
// seconds in every file that sees it).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ceir {

// What went wrong on a command line is thrown as Error(usage), with the closest existing flag when one was misspelt.
class Flags {
 public:
  Flags(const std::string& program, const std::string& summary, const std::string& footer);
  ~Flags();
  Flags(const Flags&) = delete;
  Flags& operator=(const Flags&) = delete;

  void positional(const char* name, std::string& value, const char* help, bool required = true);
  void positionals(const char* name, std::vector<std::string>& values, const char* help, bool required = true);
  void option(const char* names, std::string& value, const char* help, bool required = false);
  void option(const char* names, int64_t& value, const char* help, bool required = false);
  void option(const char* names, double& value, const char* help, bool required = false);
  void option(const char* names, std::optional<int64_t>& value, const char* help);
  void option(const char* names, std::optional<double>& value, const char* help);
  void option(const char* names, std::vector<std::string>& values, const char* help);  // repeatable
  void choice(const char* names, std::string& value, std::vector<std::string> allowed, const char* help);
  void flag(const char* names, bool& value, const char* help);
  void group(const char* title);  // heading of the options declared from here on

  void parse(const std::vector<std::string>& arguments);  // without the program's name
  bool wants_help() const;                                // --help was given: print help()
  std::string help() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace ceir
