#include "models/pipeline/settings.h"

#include <charconv>
#include <cmath>

#include "kernels/base/closest.h"
#include "kernels/base/error.h"
#include "models/explanations.h"

namespace ceir {
namespace {

void parse(const std::string& name, const std::string& text, int64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) usage_error("setting {}: '{}' is not a whole number", name, text);
}
void parse(const std::string& name, const std::string& text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
    usage_error("setting {}: '{}' is not a number", name, text);
}
void parse(const std::string&, const std::string& text, std::string& value) { value = text; }

void require(bool ok, const char* name, const char* range) {
  if (!ok) usage_error("setting {} should be {}", name, range);
}

}  // namespace

const char* name_of(Protocol p) { return p == Protocol::sound ? "sound" : "faithful"; }

Settings Settings::of(Protocol protocol) {
  Settings s;
  if (protocol == Protocol::sound) {
    s.vae = VaeOptions::sound();
  } else {
    s.vae = VaeOptions::faithful();
    s.filter_rule = "top5";
    s.explain_method = "faithful";
    s.input = "standardised";
  }
  s.likelihood = name_of(s.vae.likelihood);
  s.precision = name_of(s.vae.precision);
  s.schedule = s.vae.cosine_schedule ? "cosine" : "constant";
  return s;
}

void Settings::set(const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) usage_error("--set '{}' is not NAME=VALUE, for example vae.beta=0.3", assignment);
  set(assignment.substr(0, equals), assignment.substr(equals + 1));
}

void Settings::set(const std::string& name, const std::string& value) {
  bool found = false;
  std::vector<std::string> names;
  visit([&](const char* key, auto& field) {
    names.emplace_back(key);
    if (name != key) return;
    found = true;
    parse(name, value, field);
  });
  if (found) return;
  const std::string near = closest(name, names);
  std::string all;
  for (const auto& n : names) all += (all.empty() ? "" : ", ") + n;
  usage_error("there is no setting '{}'; {}", name, near.empty() ? "there are " + all : "did you mean " + near + "?");
}

void Settings::load(const Json& json, const std::string& where) {
  for (const auto& [name, value] : json.as_object(where)) {
    if (value.is_object()) {
      for (const auto& [inner, leaf] : value.as_object(where)) set(name + "." + inner, leaf.is_string() ? leaf.as_string(where) : leaf.dump());
    } else {
      set(name, value.is_string() ? value.as_string(where) : value.dump());
    }
  }
}

Json Settings::json() {
  Json all = Json::object();
  visit([&](const char* key, auto& field) { all.set(key, field); });
  return all;
}

void Settings::finish() {
  vae.likelihood = likelihood_from(likelihood);
  require(input == "presence" || input == "standardised", "vae.input", "presence or standardised");
  require(std::abs(present_above) <= 100, "vae.present_above", "-100 to 100");
  vae.present_above = input == "presence" ? std::optional(present_above) : std::nullopt;
  require(precision == "f32" || precision == "f64", "vae.precision", "f32 or f64");
  require(schedule == "cosine" || schedule == "constant", "vae.schedule", "cosine or constant");
  vae.precision = precision == "f64" ? DType::f64 : DType::f32;
  vae.cosine_schedule = schedule == "cosine";
  require(filter_rule == "nonsense" || filter_rule == "top5" || filter_rule == "none", "filter.rule", "nonsense, top5 or none");
  require(filter_quantile >= 0 && filter_quantile <= 1, "filter.quantile", "between 0 and 1");
  explanation_method_from(explain_method);
  require(bottleneck.steps >= 1 && bottleneck.steps <= 1000000, "cbm.steps", "1 to 1000000");
  require(bottleneck.train_batch >= 2 && bottleneck.train_batch <= 1000000000, "cbm.train_batch", "2 to 1000000000");
  require(bottleneck.check_every >= 1 && bottleneck.check_every <= 1000000000, "cbm.patience", "1 to 1000000000");
  require(bottleneck.lr > 0, "cbm.lr", "positive");
  require(vae.epochs >= 1 && vae.epochs <= 100000, "vae.epochs", "1 to 100000");
  require(vae.train_batch >= 2 && vae.train_batch <= 1000000000, "vae.train_batch", "2 to 1000000000");
  require(vae.lr > 0, "vae.lr", "positive");
  require(vae.beta >= 0, "vae.beta", "0 or more");
  require(vae.latent >= 1 && vae.latent <= 65536, "vae.latent", "1 to 65536");
  require(vae.hidden >= 0 && vae.hidden <= 65536, "vae.hidden", "0 (automatic) to 65536");
  require(kmeans.restarts >= 1 && kmeans.restarts <= 10000, "kmeans.restarts", "1 to 10000");
  require(kmeans.max_iterations >= 1 && kmeans.max_iterations <= 1000000000, "kmeans.max_iter", "1 to 1000000000");
  require(kmeans.tolerance >= 0, "kmeans.tol", "0 or more");
  require(most_clusters >= 2 && most_clusters <= 1000, "kmeans.most_clusters", "2 to 1000");
  require(pca >= 1 && pca <= 65536, "controls.pca", "1 to 65536");
  require(report_pictures >= 0 && report_pictures <= 100, "report.pictures", "0 to 100");
  require(label_threshold >= 0, "label.threshold", "0 or more");
}

}  // namespace ceir
