#include "data/dataset_homes.h"

#include <fcntl.h>
#include <stdio.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "data/image_files.h"
#include "data/record_set.h"
#include "data/tar.h"
#include "tensor/io/file.h"
#include "tensor/io/file_lock.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

std::string plain_name(const std::string& name) {  // "CIFAR-10" -> "cifar10"
  std::string s;
  for (const char c : name)
    if (c != '-' && c != '_') s += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return s;
}

// Opening checks sizes and labels.
void check_dataset(const DatasetHome& home, const std::string& folder) {
  if (home.name == "cifar10") open_cifar10(folder);
  else if (home.name == "cifar100") open_cifar100(folder, false);
  else if (home.name == "stl10") open_stl10(folder);
}

// The new folder takes the name; an old one is exchanged with it in the same step where the file system can do that.
void give_name(const std::string& fresh, const std::string& name) {
  std::error_code ignored;
  if (!std::filesystem::exists(name, ignored)) {
    if (::rename(fresh.c_str(), name.c_str()) == 0) return;
  } else {
    const std::string old = fresh + ".old";
    std::filesystem::remove_all(old, ignored);
    const bool exchanged = ::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, name.c_str(), RENAME_EXCHANGE) == 0;
    if (exchanged || (::rename(name.c_str(), old.c_str()) == 0 && ::rename(fresh.c_str(), name.c_str()) == 0)) {
      std::filesystem::remove_all(exchanged ? fresh : old, ignored);
      return;
    }
  }
  bad_input("{}: cannot be given its name: {}", printable(name, 4096), std::strerror(errno));
}

}  // namespace

// MD5 of the CIFAR archives: https://www.cs.toronto.edu/~kriz/cifar.html; of STL-10, whose home publishes none:
// torchvision/datasets/stl10.py. Sizes as people's downloads of these archives report them.
const std::vector<DatasetHome>& dataset_homes() {
  static const std::vector<DatasetHome> list = {
      {"cifar10", "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 170052171, "cifar-10-batches-bin", "",
       184400000},
      {"cifar100", "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz", "cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", 168513733, "cifar-100-binary", "",
       184500000},
      {"stl10", "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz", "stl10_binary.tar.gz", "91f7769df0f17e558f3565bffb0c7dfb", 2640397119, "stl10_binary", "unlabeled_X.bin",
       360000000},
  };
  return list;
}

const DatasetHome* find_dataset(const std::string& name) {
  for (const DatasetHome& home : dataset_homes())
    if (home.name == plain_name(name)) return &home;
  return nullptr;
}

DatasetSettings DatasetSettings::from_environment() {
  DatasetSettings s;
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  s.root = (variable("XDG_CACHE_HOME").empty() ? variable("HOME") + "/.cache" : variable("XDG_CACHE_HOME")) + "/ceir/datasets";
  s.endpoint = variable("CEIR_DATA_ENDPOINT");
  while (s.endpoint.ends_with('/')) s.endpoint.pop_back();
  s.http = HttpSettings::from_environment();
  return s;
}

DatasetDownload download_dataset(const DatasetHome& home, const DatasetSettings& s, Monitor* monitor, const std::function<void(const std::string&)>& say) {
  DatasetDownload d;
  const std::string place = s.root + "/" + home.name;
  d.folder = place + "/" + home.folder;
  d.url = s.endpoint.empty() ? home.url : s.endpoint + "/" + home.archive;
  d.was_there = is_folder(d.folder) && !s.again;
  if (d.was_there) return d;
  if (s.offline)
    fail(ErrorKind::network, "{}: not at {}, and the network may not be used (--offline or HF_HUB_OFFLINE); run the same command online once", home.name, printable(d.folder, 4096));
  origin_of(d.url);
  FetchJob job;
  job.request = {d.url, home.name + ": " + home.archive, "", 0};
  job.path = s.root + "/." + home.archive;
  job.incomplete = job.path + ".incomplete";
  job.lock = job.path + ".lock";
  job.bytes = home.bytes, job.kind = DigestKind::md5, job.digest = home.md5;
  const int64_t there = std::max<int64_t>({0, size_of_file(job.path), size_of_file(job.incomplete)});
  d.fetched_bytes = home.bytes < 0 ? -1 : std::max<int64_t>(0, home.bytes - there);
  if (s.dry_run) return d;
  make_folders(s.root);
  bool told = false;
  const auto waiting = [&] {
    if (!told) say(fmt::format("{}: another process is fetching it; waiting", home.name));
    told = true;
  };
  const FileLock lock(s.root + "/." + home.name + ".lock", waiting);
  if (!s.again && is_folder(d.folder)) {
    d.was_there = true, d.fetched_bytes = 0;
    return d;
  }
  require_free_space(s.root, std::max<int64_t>(0, home.bytes - there) + home.unpacked_bytes, home.name);
  HttpClient client(s.http);
  fetch_file(client, job, true, [&](int64_t done) { if (home.bytes > 0) report(monitor, "download " + home.name, done, home.bytes, "bytes"); }, waiting);
  d.fetched_bytes = std::max<int64_t>(0, size_of_file(job.path) - there);
  const std::string fresh = s.root + "/." + home.name + ".partial";
  std::error_code ignored;
  std::filesystem::remove_all(fresh, ignored);
  try {
    TarOptions options;
    options.monitor = monitor;
    options.most_bytes = 8 * home.unpacked_bytes + (int64_t{4} << 30);
    if (!home.left_out.empty()) options.keep = [&](const std::string& path) { return last_component(path) != home.left_out; };
    unpack_tar(job.path, fresh, options);
    check_dataset(home, fresh + "/" + home.folder);
    if (!is_folder(fresh + "/" + home.folder)) bad_input("{}: holds no folder '{}'", home.archive, home.folder);
    give_name(fresh, place);
  } catch (...) {
    std::filesystem::remove_all(fresh, ignored);
    throw;
  }
  std::filesystem::remove(job.path, ignored);
  return d;
}

}  // namespace ceir
