// The flags by which every command that reads pictures names them.
#pragma once
#include <memory>
#include <string>

#include "data/image_set.h"
#include "tools/command.h"

namespace ceir {

struct ImageFlags {
  std::string positional, named, dataset, split = "all", labels = "fine", exif = "apply";
  bool nul = false;

  void define(Flags& flags);
  bool given() const { return !positional.empty() || !named.empty(); }
  const std::string& what() const { return named.empty() ? positional : named; }  // throws when neither or both are given
  ImageSetOptions options() const;
  std::unique_ptr<ImageSet> open() const;
};

// Reports what was skipped and gives the exit code: 4 when anything was, else 0.
int report_skipped(Context& context, int64_t good, int64_t skipped, const std::string& listed_in);

// "F" for "F.npy": the base name that the files beside an array share. Throws Error(usage) unless it ends in .npy.
std::string npy_base(const std::string& path);

// For --dry-run: prints what would be done, as text or {"dry_run": true, "would": ...}; returns 0.
int dry_run(Context& context, const std::string& what);

}  // namespace ceir
