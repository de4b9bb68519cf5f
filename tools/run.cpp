// ceir run: everything, from pictures to an explained report.
#include "models/pipeline/run.h"

#include <charconv>

#include "kernels/launch/compute.h"
#include "models/pipeline/side_by_side.h"
#include "tensor/io/file.h"

#include "tools/image_flags.h"
#include "tools/run_flags.h"
#include "tools/run_summary.h"

namespace ceir {

void RunFlags::define(Flags& f) {
  images.define(f);
  f.option("--model", model, "the student: nano (built in), a model folder, or a hub name in the cache");
  f.option("--teacher", teacher, "a second CLIP whose cosines are learnt (default: the student)");
  f.option("--concepts", concepts, "a text or JSON file, or a built-in set: scenes, everyday");
  f.option("--clusters", clusters, "how many, or auto (default: the number of classes where known, else auto)");
  f.choice("--protocol", protocol, {"sound", "faithful", "both"}, "sound: as a careful researcher would; faithful: as the authors' code does; both: each, in folders of these names, and a comparison");
  f.option("--seeds", seeds, "comma-separated (default 42,43,44); --seed S runs S alone");
  f.option("--out", out, "run folder (default runs/NAME-TIME)");
}

namespace {

uint64_t parse_seed(const std::string& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > INT64_MAX)
    usage_error("--seeds: '{}' is not a seed; write for example --seeds 42,43,44", text);
  return value;
}

}  // namespace

RunPlan RunFlags::plan(const Globals& g) const {
  RunPlan plan;
  if (!images.given()) usage_error("no IMAGES given: name a folder, a data set, scenes:N, or - for paths on stdin");
  if (!images.positional.empty() && !images.named.empty()) usage_error("IMAGES is given twice: '{}' and --images '{}'", images.positional, images.named);
  plan.images = images.what();
  plan.image_options = images.options();
  plan.exif = images.exif == "apply";
  plan.model = model;
  plan.teacher = teacher;
  plan.concepts = concepts;
  if (clusters == "auto") plan.clusters = -1;
  else if (!clusters.empty()) {
    const auto [end, error] = std::from_chars(clusters.data(), clusters.data() + clusters.size(), plan.clusters);
    if (error != std::errc() || end != clusters.data() + clusters.size() || plan.clusters < 1) usage_error("--clusters '{}': a number from 1 on, or auto", clusters);
  }
  plan.protocol = protocol == "faithful" ? Protocol::faithful : Protocol::sound;
  plan.settings = settings_of(plan.protocol, g);
  if (!seeds.empty()) {
    plan.seeds.clear();
    for (size_t at = 0; at <= seeds.size();) {
      const size_t comma = std::min(seeds.find(',', at), seeds.size());
      plan.seeds.push_back(parse_seed(seeds.substr(at, comma - at)));
      at = comma + 1;
    }
  } else if (g.seed_given) {
    plan.seeds = {static_cast<uint64_t>(g.seed)};
  }
  plan.out = out;
  plan.batch = g.batch;
  plan.force = g.force;
  return plan;
}

Settings settings_of(Protocol protocol, const Globals& g) {
  Settings s = Settings::of(protocol);
  if (!g.config.empty()) s.load(Json::read(g.config), g.config);
  for (const std::string& one : g.settings) s.set(one);
  s.finish();
  return s;
}

namespace {

struct Run : Command {
  RunFlags flags;

  void define(Flags& f) override { flags.define(f); }

  int run(Context& c) override {
    if (flags.protocol == "both") return run_both(c);
    PreparedRun prepared = prepare_run(flags.plan(c.globals()));
    if (c.globals().dry_run) {
      const std::string what = describe_plan(prepared);
      c.result("would " + what + "\n", Json::object().set("dry_run", true).set("would", what));
      return 0;
    }
    warn_of(c, prepared);
    const RunOutcome outcome = finish(c, prepared);
    std::string text = summary_of_run(outcome.metrics, outcome.folder);
    text += fmt::format("\nreport: {0}/report.html\narrays: {0}/\n", outcome.folder);
    Json json = outcome.metrics;
    json.set("run", outcome.folder);
    c.result(text, json);
    return report_skipped(c, outcome.images, outcome.skipped, outcome.folder + "/features.skipped.jsonl");
  }

 private:
  void warn_of(Context& c, const PreparedRun& prepared) {
    if (prepared.concepts.repeated > 0) c.warn(fmt::format("{}: {} concepts stand there twice and are used once", prepared.concepts.name, prepared.concepts.repeated));
    if (prepared.plan.model == "nano" && prepared.images->attribute_names().empty())
      c.warn("the built-in model nano has only seen its own drawn scenes; name a CLIP with --model to describe photographs");
  }

  RunOutcome finish(Context& c, PreparedRun& prepared) {
    prepared.plan.command = {"ceir", "run"};
    for (const auto& a : c.arguments()) prepared.plan.command.push_back(a);
    c.say(fmt::format("{} pictures of {}, {} concepts of {}, into {}", prepared.images->size(), prepared.plan.images, prepared.concepts.concepts.size(), prepared.concepts.name, prepared.plan.out));
    if (const char* why = vae_stays_on_cpu(prepared.plan.settings.vae, prepared.plan.protocol == Protocol::faithful); why && chosen_device() != "cpu")
      c.say(fmt::format("the VAE is trained on the CPU, not with --device {}: {}", chosen_device(), why));
    const RunOutcome outcome = run_pipeline(prepared, c.monitor());
    if (outcome.up_to_date) c.say(outcome.folder + " is up to date; --force does it again");
    const Json& concepts = outcome.metrics.at("concepts", "metrics");
    if (const std::string rule = concepts.get("rule", "", "metrics"); rule.find('(') != std::string::npos)
      c.warn(fmt::format("the filter of concepts was eased, {}: they may not be in the pictures; try other concepts, or a CLIP that knows such pictures", rule));
    return outcome;
  }

  // Both are prepared before either starts, so that nothing fails after an hour's work that could have failed at once.
  int run_both(Context& c) {
    std::vector<PreparedRun> runs;
    std::string out = flags.out;
    for (const char* protocol : {"sound", "faithful"}) {
      RunFlags one = flags;
      one.protocol = protocol;
      one.out = out.empty() ? out : out + "/" + protocol;
      runs.push_back(prepare_run(one.plan(c.globals())));
      if (!out.empty()) continue;
      out = runs.back().plan.out;
      runs.back().plan.out += std::string("/") + protocol;
    }
    if (c.globals().dry_run) {
      const std::string what = describe_plan(runs[0]) + "\n" + describe_plan(runs[1]);
      c.result("would " + what + "\n", Json::object().set("dry_run", true).set("would", what));
      return 0;
    }
    warn_of(c, runs[0]);
    std::vector<std::pair<std::string, Json>> metrics;
    RunOutcome last;
    for (PreparedRun& run : runs) {
      last = finish(c, run);
      metrics.emplace_back(name_of(run.plan.protocol), last.metrics);
    }
    const Json both = side_by_side(metrics);
    write_file(out + "/comparison.json", both.dump(1) + "\n");
    write_file(out + "/comparison.html", side_by_side_html(both));
    Json json = both;
    c.result(side_by_side_text(both) + fmt::format("\nside by side: {0}/comparison.html\nruns: {0}/sound/ and {0}/faithful/\n", out), json.set("run", out));
    return report_skipped(c, last.images, last.skipped, last.folder + "/features.skipped.jsonl");
  }
};

}  // namespace

extern const CommandEntry run_command{"run", "everything: pictures to explained clusters and a report", "ceir run photos --clusters 8 --out runs/photos", make_command<Run>};

}  // namespace ceir
