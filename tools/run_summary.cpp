#include "tools/run_summary.h"

#include "kernels/base/error.h"

namespace ceir {
namespace {

std::string table(const Json& metrics) {
  if (!metrics.has("ceir")) return "";
  static const std::pair<const char*, const char*> rows[] = {{"pixels", "raw pixels"}, {"clip", "CLIP features"}, {"clip_normalized", "CLIP, normalised"},
                                                             {"concepts", "concept vectors"}, {"presence", "concept presence"}, {"pca", "PCA of concepts"}, {"decoded", "decoded concepts"}};
  std::string text = fmt::format("{:<20}{:>14}{:>14}{:>14}\n", "k-means on", "ACC %", "NMI %", "ARI %");
  const auto line = [&](const char* title, const Json& f) {
    text += fmt::format("{:<20}", title);
    for (const char* name : {"acc", "nmi", "ari"}) {
      const Json& one = f.at(name, "metrics");
      text += fmt::format("{:>8.1f} ± {:<3.1f}", 100 * one.get("mean", 0.0, name), 100 * one.get("std", 0.0, name));
    }
    text += "\n";
  };
  for (const auto& [key, title] : rows)
    if (const Json* f = metrics.at("controls", "metrics").find(key)) line(title, *f);
  line("CEIR", metrics.at("ceir", "metrics"));
  return text;
}

// Two lines: is what the explanations name really there, and does it decide? Random concepts beside both.
std::string explanation_lines(const Json& metrics) {
  const Json* scores = metrics.find("explanations");
  const Json* random = scores ? scores->find("random") : nullptr;
  if (!random) return "";
  const auto pair = [](const char* name, const Json& ours, const Json& chance) {
    return fmt::format("{:.2f} (random {:.2f})", ours.get(name, 0.0, name), chance.get(name, 0.0, name));
  };
  std::string text;
  if (const Json *p = scores->find("precision_at_5"), *chance = random->find("precision_at_5"); p && chance && p->has("cluster"))
    text += fmt::format("{:<22}clusters {}, pictures {}\n", "precision at 5", pair("cluster", *p, *chance), pair("image", *p, *chance));
  return text + fmt::format("{:<22}deletion {}, insertion {}\n", "first 8 concepts", pair("deletion_top8_kept", *scores, *random), pair("insertion_top8_reached", *scores, *random));
}

std::string clusters_in_words(const std::string& folder) {
  const Json labels = Json::read(folder + "/labels.json"), explanations = Json::read(folder + "/explanations.json");
  const auto& sizes = explanations.at("clusters", "explanations.json").as_array("clusters");
  std::string text;
  size_t i = 0;
  for (const Json& c : labels.at("clusters", "labels.json").as_array("clusters")) {
    text += fmt::format("  {:>3}  {:>6} pictures  {}\n", c.get("cluster", int64_t{0}, "labels.json"), i < sizes.size() ? sizes[i].get("size", int64_t{0}, "size") : 0, c.get("name", "", "labels.json"));
    i++;
  }
  return text;
}

// One line of a table whose columns are m = 0, 1, ... concepts.
std::string curve_line(const char* title, const Json& scores, const char* curve) {
  const Json* values = scores.find(curve);
  if (!values) return "";
  std::string text = fmt::format("{:<22}", title);
  for (const Json& v : values->as_array(curve)) text += fmt::format("{:>6.2f}", v.as_double(curve));
  return text + "\n";
}

}  // namespace

std::string summary_of_run(const Json& metrics, const std::string& folder) {
  const Json& concepts = metrics.at("concepts", "metrics");
  return table(metrics) + "\n" + explanation_lines(metrics) +
         fmt::format("\n{} clusters, by {} of {} concepts:\n{}", metrics.at("clusters", "metrics").as_int("clusters"), concepts.at("kept", "metrics").as_int("kept"),
                     concepts.at("initial", "metrics").as_int("initial"), clusters_in_words(folder));
}

std::string explanation_tables(const Json& metrics) {
  const Json *scores = metrics.find("explanations"), *random = scores ? scores->find("random") : nullptr, *methods = scores ? scores->find("methods") : nullptr;
  if (!random || !methods) return "";
  std::string text;
  if (const Json* truth = metrics.find("truth"); truth && truth->has("distractors_dropped"))
    text += fmt::format("of the known words, the filters dropped {:.1f} % of those never drawn and kept {:.1f} % of those drawn\n\n",
                        100 * truth->get("distractors_dropped", 0.0, "truth"), 100 * truth->get("attributes_kept", 0.0, "truth"));
  text += fmt::format("{:<22}{:>10}{:>10}{:>10}{:>10}\n", "ranking", "clusters", "pictures", "deletion", "insertion");
  const std::string own = scores->get("method", "", "explanations");
  const auto line = [&](const std::string& name, const Json& of) {
    const Json* p = of.find("precision_at_5");
    const auto figure = [&](const Json* from, const char* key) { return from && from->has(key) ? fmt::format("{:>10.2f}", from->get(key, 0.0, key)) : fmt::format("{:>10}", "-"); };
    text += fmt::format("{:<22}", name == own ? name + " (the run's)" : name) + figure(p, "cluster") + figure(p, "image") + figure(&of, "deletion_top8_kept") + figure(&of, "insertion_top8_reached") + "\n";
  };
  for (const auto& [name, of] : methods->as_object("methods")) line(name, of);
  line("random order", *random);
  text += fmt::format("(clusters, pictures: precision at 5; deletion: share still in their cluster without its first 8 concepts;\n insertion: share that these alone bring there)\n\n{:<22}", "concepts");
  const size_t most = scores->has("deletion_curve") ? scores->at("deletion_curve", "explanations").as_array("curve").size() : 0;
  for (size_t m = 0; m < most; m++) text += fmt::format("{:>6}", m);
  return text + "\n" + curve_line("deletion", *scores, "deletion_curve") + curve_line("  random", *random, "deletion_curve") +
         curve_line("insertion", *scores, "insertion_curve") + curve_line("  random", *random, "insertion_curve");
}

}  // namespace ceir
