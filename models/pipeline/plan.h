// What a run is to do, checked before anything expensive starts.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/concept_set.h"
#include "data/image_set.h"
#include "models/clip.h"
#include "models/pipeline/settings.h"

namespace ceir {

struct RunPlan {
  std::string images;
  ImageSetOptions image_options;
  bool exif = true;
  std::string model = "nano";
  std::string teacher;         // empty: the student
  std::string concepts;        // empty: "scenes" for the drawn world, else "everyday"
  int64_t clusters = 0;        // 0: the number of classes where known, else by silhouette; -1: by silhouette
  Protocol protocol = Protocol::sound;
  std::vector<uint64_t> seeds{42, 43, 44};
  Settings settings;
  std::string out;             // run folder; empty: runs/NAME-TIME
  int64_t batch = 32;
  bool force = false;
  std::vector<std::string> command;  // as typed, for the receipt
};

// A plan with everything opened and checked.
struct PreparedRun {
  RunPlan plan;
  std::unique_ptr<ImageSet> images;
  std::unique_ptr<Clip> student, teacher;  // teacher null: the student
  ConceptSet concepts;
  int64_t classes = 0;
  std::string key;                         // of all that decides the result
  const Clip& teacher_clip() const { return teacher ? *teacher : *student; }
};

// Throws Error for anything that would fail later: images, models without the tower needed, no tokenizer, an empty
// concept list, more clusters than pictures, settings out of range.
PreparedRun prepare_run(RunPlan plan);

// What would be done and roughly how long it would take, for --dry-run: embeds a few pictures to find out.
std::string describe_plan(const PreparedRun& run);

// The processor's features and the kernel variants asked for: part of every key, since they decide bits.
std::string environment_key();

// SHA-256 over the parts, each with its length.
std::string make_key(std::initializer_list<std::string> parts);

}  // namespace ceir
