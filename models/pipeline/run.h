// The whole method, stage by stage, into a run folder.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "kernels/base/monitor.h"
#include "models/pipeline/plan.h"
#include "models/pipeline/rows.h"
#include "models/pipeline/workspace.h"

namespace ceir {

struct RunOutcome {
  std::string folder;
  Json metrics;
  int64_t images = 0, skipped = 0;
  bool up_to_date = false;  // nothing had to be done
};

// Runs what is missing or stale. On Error(interrupted) or Error(resource) RUN.partial stays, so that the same command goes
// on from there; after any other error nothing is left.
RunOutcome run_pipeline(PreparedRun& run, Monitor* monitor);

// What the stages hand to each other.
struct SharedStages {
  Rows rows;
  std::vector<int64_t> set_rows;       // each row's number in the image set
  std::vector<int64_t> train, test;    // row numbers
  Tensor features;                     // (N, d) student
  Tensor teacher;                      // (N, K) cosines with every concept given
  FilterResult filter;                 // which of the K are looked for
  std::string filter_rule;             // by which rule, and whether it had to be eased
  std::string features_key, filter_key;
  std::vector<int64_t> test_labels;    // of the test rows; empty when unknown
};

struct SeedStages {
  uint64_t seed = 0;
  std::string folder;                  // "" or "seeds/43/"
  Bottleneck bottleneck;
  Tensor concept_vectors;              // (N, K') standardised
  Vae vae;
  Tensor latents;                      // (N, L)
  Tensor centers;                      // (C, L)
  Tensor clusters;                     // (N) i64, train rows too
  Tensor distances, margins;           // (N)
  Json scores;                         // of CEIR and every control, this seed
  Json explanation_scores;             // this seed; null without known truth
  std::string vectors_key, clusters_key;
};

// Each does one stage, or reads what it left when that is still fresh. `seconds` collects timings for the receipt.
struct StageContext {
  PreparedRun& run;
  Workspace& workspace;
  Monitor* monitor;
  std::map<std::string, double> seconds;
};

// k-means as every figure of a run uses it; K is the number of classes where --clusters does not say (2 when unknown).
KMeansOptions kmeans_options(const StageContext& c, const SharedStages& shared, uint64_t seed);

SharedStages embed_and_filter(StageContext& c);
void train_seed(StageContext& c, const SharedStages& shared, SeedStages& seed);    // bottleneck, VAE, latents
void cluster_seed(StageContext& c, const SharedStages& shared, SeedStages& seed, int64_t clusters);
void score_seed(StageContext& c, const SharedStages& shared, SeedStages& seed);    // CEIR and controls
void explain_seed(StageContext& c, const SharedStages& shared, SeedStages& seed);  // explanations, labels, their scores
Json collect_metrics(const StageContext& c, const SharedStages& shared, const std::vector<SeedStages>& seeds);
void write_receipt(const StageContext& c, const SharedStages& shared, int64_t clusters);

}  // namespace ceir
