#include "models/pipeline/workspace.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/sha256.h"

namespace ceir {
namespace fs = std::filesystem;

Workspace::Workspace(const std::string& run) : run_(run), partial_(run + ".partial") {
  while (run_.size() > 1 && run_.ends_with('/')) run_.pop_back(), partial_ = run_ + ".partial";
  std::error_code error;
  // Never, with force either, another folder: publish() would replace it.
  const bool occupied = fs::exists(run_, error) && !(fs::is_directory(run_, error) && (fs::is_empty(run_, error) || fs::exists(run_ + "/run.json", error)));
  if (occupied) bad_input("{} exists and is not a run folder; choose another --out", run_);
  fs::create_directories(partial_, error);
  if (error) bad_input("{}: the folder cannot be made: {}", partial_, error.message());
  lock_ = open((partial_ + "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (lock_ < 0) bad_input("{}: not writable", partial_);
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    close(lock_);
    lock_ = -1;
    usage_error("another ceir is working in {}; wait for it, or choose another --out", partial_);
  }
  const auto load = [](const Json& json, std::map<std::string, Stage>& stages) {
    for (const auto& [name, stage] : json.as_object("stages")) {
      Stage s{stage.at("key", "stages").as_string("stages"), {}};
      for (const Json& f : stage.at("files", "stages").as_array("stages")) s.files.push_back(f.as_string("stages"));
      stages[name] = std::move(s);
    }
  };
  try {
    if (fs::exists(path("stages.json"))) load(Json::read(path("stages.json")), stages_);
  } catch (const Error&) {
    stages_.clear();  // cut short: nothing is trusted
  }
  try {
    if (!fs::exists(run_ + "/run.json")) return;
    const Json receipt = Json::read(run_ + "/run.json");
    load(receipt.at("stages", run_), older_);
    for (const auto& [file, hash] : receipt.at("files", run_).as_object(run_)) older_hashes_[file] = hash.as_string(run_);
  } catch (const Error&) {
    older_.clear();
  }
}

Workspace::~Workspace() {
  if (lock_ >= 0) close(lock_);
}

bool Workspace::fresh(const std::string& stage, const std::string& key) {
  const auto here = stages_.find(stage);
  if (here != stages_.end() && here->second.key == key &&
      std::ranges::all_of(here->second.files, [&](const std::string& f) { return fs::exists(path(f)); }))
    return true;
  const auto old = older_.find(stage);
  if (old == older_.end() || old->second.key != key) return false;
  for (const std::string& f : old->second.files) {  // one changed by hand since is stale
    const auto hash = older_hashes_.find(f);
    if (hash == older_hashes_.end() || !fs::is_regular_file(run_ + "/" + f) || sha256_of_file(run_ + "/" + f) != hash->second) return false;
  }
  for (const std::string& f : old->second.files) {
    fs::create_directories(fs::path(path(f)).parent_path());
    fs::remove(path(f));
    std::error_code error;
    fs::create_hard_link(run_ + "/" + f, path(f), error);  // files are only ever replaced whole, so a link is safe
    if (error) fs::copy_file(run_ + "/" + f, path(f));
  }
  done(stage, key, old->second.files);
  return true;
}

void Workspace::done(const std::string& stage, const std::string& key, const std::vector<std::string>& files) {
  stages_[stage] = {key, files};
  remember();
}

void Workspace::remember() { write_file(path("stages.json"), stages().dump()); }

Json Workspace::stages() const {
  Json all = Json::object();
  for (const auto& [name, stage] : stages_) {
    Json files = Json::array();
    for (const std::string& f : stage.files) files.push(f);
    all.set(name, Json::object().set("key", stage.key).set("files", files));
  }
  return all;
}

std::vector<std::string> Workspace::files() const {
  std::set<std::string> all;
  for (const auto& [name, stage] : stages_)
    for (const std::string& f : stage.files)
      if (!f.starts_with("work/")) all.insert(f);
  return {all.begin(), all.end()};
}

Checkpoint Workspace::checkpoint(const std::string& stage, const std::string& key) const {
  return Checkpoint(partial_ + "/work", stage, key);
}

void Workspace::publish() {
  fs::remove_all(path("work"));
  fs::remove(path("stages.json"));
  fs::remove(path("plan.json"));
  fs::remove(path("lock"));
  // Stages that this run did not have (an older seed, say) leave no files behind.
  const auto known = files();
  const std::set<std::string> keep(known.begin(), known.end());
  std::vector<fs::path> strays;
  for (const auto& entry : fs::recursive_directory_iterator(partial_))
    if (!entry.is_directory() && entry.path() != path("run.json") && !keep.count(fs::relative(entry.path(), partial_).string())) strays.push_back(entry.path());
  for (const auto& stray : strays) fs::remove(stray);
  if (fs::exists(run_)) {
    const std::string old = run_ + ".old";
    fs::remove_all(old);
    fs::rename(run_, old);
    fs::rename(partial_, run_);
    fs::remove_all(old);
  } else {
    fs::rename(partial_, run_);
  }
}

void Workspace::discard() { fs::remove_all(partial_); }

}  // namespace ceir
