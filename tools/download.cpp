// ceir download: a model into the hub's cache, or a data set into a folder of its own.
#include "data/dataset_homes.h"
#include "kernels/base/closest.h"
#include "tools/image_flags.h"
#include "tools/progress.h"
#include "weights/hub.h"

namespace ceir {
namespace {

const char* word(Fetched state) { return state == Fetched::was_there ? "cached" : state == Fetched::resumed ? "resumed" : "fetched"; }

struct Download : Command {
  std::string name, revision;

  void define(Flags& f) override {
    f.positional("NAME", name, "openai/clip-vit-base-patch32, ORG/NAME@REVISION, ViT-B-32/openai; cifar10, cifar100, stl10");
    f.option("--revision", revision, "branch, tag or commit of a model (default main)");
  }

  int run(Context& c) override {
    if (const DatasetHome* home = find_dataset(name)) return dataset(c, *home);
    return model(c);
  }

  int dataset(Context& c, const DatasetHome& home) {
    if (!revision.empty()) usage_error("--revision: {} is a data set, which has none", home.name);
    DatasetSettings s = DatasetSettings::from_environment();
    s.offline = c.globals().offline || offline_by_environment(), s.dry_run = c.globals().dry_run, s.again = c.globals().force;
    const DatasetDownload d = download_dataset(home, s, c.monitor(), [&](const std::string& text) { c.say(text); });
    if (s.dry_run) {
      c.say(d.was_there ? fmt::format("{} is there: {}", home.name, d.folder)
                        : fmt::format("would fetch {}{} and unpack it to {}", d.url, d.fetched_bytes < 0 ? "" : " (" + human_bytes(d.fetched_bytes) + ")", d.folder));
    } else {
      c.say(d.was_there ? fmt::format("{} was there already", home.name) : fmt::format("{}: {} fetched from {}", home.name, human_bytes(d.fetched_bytes), d.url));
      if (!d.was_there && !home.left_out.empty()) c.say(fmt::format("{} was left out: nothing here reads it", home.left_out));
    }
    Json json = Json::object().set("name", home.name).set("folder", d.folder).set("url", d.url).set("was_there", d.was_there);
    json.set("bytes_fetched", d.fetched_bytes < 0 ? Json() : Json(d.fetched_bytes)).set("dry_run", s.dry_run);
    c.result(d.folder + "\n", json);
    return 0;
  }

  int model(Context& c) {
    if (name == "nano") usage_error("nano is built into the program: there is nothing to fetch");
    auto parsed = parse_hub_name(name);
    if (!parsed) {
      const std::string meant = closest(name, {"cifar10", "cifar100", "stl10"});
      usage_error("'{}' is neither a model on the hub (ORG/NAME, or open_clip's ViT-B-32/openai) nor a data set (cifar10, cifar100, stl10){}", name,
                  meant.empty() ? "" : "; did you mean " + meant + "?");
    }
    if (!revision.empty()) {
      if (parsed->revision != "main" && parsed->revision != revision) usage_error("'{}' and --revision {} name different revisions", name, revision);
      if (!is_hub_revision(revision)) usage_error("--revision '{}' is not a branch, a tag or a commit", revision);
      parsed->revision = revision;
    }
    HubSettings s = HubSettings::from_environment();
    s.offline = s.offline || c.globals().offline, s.dry_run = c.globals().dry_run, s.verify = c.globals().force;
    if (parsed->repository != name && !name.starts_with("hf-hub:") && name.find('@') == std::string::npos) c.say(fmt::format("{} is {}", name, parsed->repository));
    const HubDownload d = download_from_hub(*parsed, s, c.monitor(), [&](const std::string& text) { c.say(text); });

    Json files = Json::array();
    for (const HubFile& f : d.files) {
      if (s.dry_run) c.say(fmt::format("{:>10}  {}  {}", f.bytes < 0 ? "?" : human_bytes(f.bytes), f.state == Fetched::was_there ? "in the cache" : "to fetch    ", f.path));
      files.push(Json::object().set("path", f.path).set("bytes", f.bytes < 0 ? Json() : Json(f.bytes)).set("digest", f.digest)
                     .set("state", s.dry_run && f.state != Fetched::was_there ? "absent" : word(f.state)));
    }
    if (s.dry_run) c.say(fmt::format("would fetch {} of {} at {}", human_bytes(d.fetched_bytes), d.name.repository, d.commit));
    else c.say(d.fetched_bytes > 0 ? fmt::format("{} fetched of {} at {}", human_bytes(d.fetched_bytes), d.name.repository, d.commit)
                                   : fmt::format("{} is in the cache", d.name.repository));
    Json json = Json::object().set("name", name).set("repository", d.name.repository).set("revision", d.name.revision).set("commit", d.commit).set("folder", d.folder);
    json.set("files", files).set("bytes_fetched", d.fetched_bytes).set("pickled", d.pickled).set("dry_run", s.dry_run);
    if (d.pickled) {
      const std::string line = fmt::format("ceir convert {} {}", d.folder, d.name.repository.substr(d.name.repository.find('/') + 1));
      c.warn(fmt::format("{} has no safetensors; its weights are a pickled checkpoint, which only `convert` reads. Run:\n  {}", d.name.repository, line));
      json.set("convert", line);
    }
    c.result(d.folder + "\n", json);
    return 0;
  }
};

}  // namespace

extern const CommandEntry download_command{"download", "a model into the hub's cache, or a data set (cifar10, cifar100, stl10)",
                                           "ceir download openai/clip-vit-large-patch14", make_command<Download>};

}  // namespace ceir
