// The folder a run works in: RUN.partial/, which becomes RUN in one rename when everything is there.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "models/checkpoint.h"
#include "tensor/io/json.h"

namespace ceir {

// Finished stages are remembered by key (a hash of all they depend on) in RUN.partial/stages.json. A stage whose key is
// the same is not done again: its files are taken from RUN.partial, or from an older complete RUN.
class Workspace {
 public:
  // Makes RUN.partial and locks it. Throws Error(usage) when another process works there, Error(bad_input) when RUN exists
  // and is not a run folder.
  explicit Workspace(const std::string& run);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  std::string path(const std::string& file) const { return partial_ + "/" + file; }
  const std::string& partial() const { return partial_; }
  bool fresh(const std::string& stage, const std::string& key);  // true: its files are here
  void done(const std::string& stage, const std::string& key, const std::vector<std::string>& files);
  Checkpoint checkpoint(const std::string& stage, const std::string& key) const;

  Json stages() const;                      // {stage: {key, files}} for the receipt
  std::vector<std::string> files() const;   // of all stages, sorted, without work/
  void publish();                           // drops what is only for resuming, and renames to RUN (an older RUN goes)
  void discard();                           // removes RUN.partial

 private:
  struct Stage {
    std::string key;
    std::vector<std::string> files;
  };
  void remember();

  std::string run_, partial_;
  int lock_ = -1;
  std::map<std::string, Stage> stages_, older_;
  std::map<std::string, std::string> older_hashes_;
};

}  // namespace ceir
