// Data sets from where their authors publish them, unpacked into a folder that IMAGES accepts.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "kernels/base/monitor.h"
#include "tensor/io/fetch.h"

namespace ceir {

struct DatasetHome {
  std::string name;          // "cifar10"
  std::string url;           // of the archive
  std::string archive;       // its file name
  std::string md5;           // as published
  int64_t bytes;             // of the archive; -1: not published
  std::string folder;        // within the archive: what IMAGES accepts
  std::string left_out;      // a file that nothing here reads and that is not unpacked; "": none
  int64_t unpacked_bytes;    // roughly, for the check of free space
};

const std::vector<DatasetHome>& dataset_homes();
const DatasetHome* find_dataset(const std::string& name);  // "cifar10", "CIFAR-10"; null for what is none

struct DatasetSettings {
  std::string root;        // XDG_CACHE_HOME/ceir/datasets, else ~/.cache/ceir/datasets
  std::string endpoint;    // CEIR_DATA_ENDPOINT: a folder on a server that has the archives, in place of their homes
  bool offline = false, dry_run = false;
  bool again = false;      // fetch and unpack even if it is there
  HttpSettings http;

  static DatasetSettings from_environment();
};

struct DatasetDownload {
  std::string folder;      // for IMAGES
  std::string url;
  bool was_there = false;
  int64_t fetched_bytes = 0;  // of the archive; with dry_run: that would be (-1: not published)
};

// Fetches the archive (resumed, MD5 checked), unpacks it beside and renames: the folder is absent, as before, or whole.
// The archive goes when it is unpacked. Throws HttpError, Error(network) when offline and not there, Error(resource),
// Error(bad_input) for an archive that is not the data set.
DatasetDownload download_dataset(const DatasetHome& home, const DatasetSettings& settings, Monitor* monitor, const std::function<void(const std::string&)>& say);

}  // namespace ceir
