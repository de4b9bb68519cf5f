// Every number that can be tuned, by the name it has on the command line (--set vae.beta=0.3), in a --config file and in
// the receipt. One list (visit) serves all three.
#pragma once
#include <string>
#include <vector>

#include "models/concept_bottleneck.h"
#include "models/kmeans.h"
#include "models/vae_training.h"
#include "tensor/io/json.h"

namespace ceir {

enum class Protocol : uint8_t { sound, faithful };
const char* name_of(Protocol p);

struct Settings {
  // Which concepts are looked for at all: "nonsense" (spread of the cosines against nonsense words), "top5" (step f:
  // mean of the five largest cosines), or "none".
  std::string filter_rule = "nonsense";
  double filter_quantile = 0.93;  // of the nonsense words; docs/03-concepts.md has the table it was chosen by
  double filter_cutoff = 0.25;    // of top5
  BottleneckOptions bottleneck;
  VaeOptions vae;
  KMeansOptions kmeans;
  int64_t most_clusters = 20;  // `--clusters auto` tries up to this many
  int64_t pca = 16;            // components of the PCA control
  std::string explain_method = "clear";
  double present_above = 1;    // deviations above the mean from which the VAE sees a concept, where vae.input is "presence"
  double label_threshold = 0.05;
  int64_t report_pictures = 10;  // a cluster

  // The defaults of each protocol (method.md's sound and faithful).
  static Settings of(Protocol protocol);

  // Calls v(name, field) for each; field is int64_t&, double& or std::string&.
  template <class Visitor>
  void visit(Visitor&& v) {
    v("filter.rule", filter_rule);
    v("filter.quantile", filter_quantile);
    v("filter.cutoff", filter_cutoff);
    v("cbm.steps", bottleneck.steps);
    v("cbm.train_batch", bottleneck.train_batch);
    v("cbm.patience", bottleneck.check_every);
    v("cbm.lr", bottleneck.lr);
    v("cbm.cutoff", bottleneck.cutoff);
    v("vae.epochs", vae.epochs);
    v("vae.train_batch", vae.train_batch);
    v("vae.lr", vae.lr);
    v("vae.beta", vae.beta);
    v("vae.latent", vae.latent);
    v("vae.hidden", vae.hidden);
    v("vae.input", input);
    v("vae.present_above", present_above);
    v("vae.likelihood", likelihood);
    v("vae.precision", precision);
    v("vae.schedule", schedule);
    v("kmeans.restarts", kmeans.restarts);
    v("kmeans.max_iter", kmeans.max_iterations);
    v("kmeans.tol", kmeans.tolerance);
    v("kmeans.most_clusters", most_clusters);
    v("controls.pca", pca);
    v("explain.method", explain_method);
    v("label.threshold", label_threshold);
    v("report.pictures", report_pictures);
  }
  // "vae.beta=0.3". Throws Error(usage): unknown name (with the closest), not a number, out of range.
  void set(const std::string& assignment);
  void set(const std::string& name, const std::string& value);
  void load(const Json& json, const std::string& where);  // nested or dotted keys
  Json json();
  void finish();  // carries the words (likelihood, precision, schedule) into the options and checks ranges

 private:
  std::string input = "presence", likelihood = "gaussian", precision = "f32", schedule = "cosine";
};

}  // namespace ceir
