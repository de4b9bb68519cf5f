#include "tools/machine.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "kernels/base/cpu.h"
#include "kernels/base/table.h"
#include "kernels/base/threads.h"
#include "kernels/base/version.h"
#include "tensor/io/http.h"
#include "tools/progress.h"
#include "weights/hub_names.h"

namespace ceir {
namespace {

namespace fs = std::filesystem;
using Facts = std::vector<MachineFact>;

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// "MemAvailable:   23565 kB" -> bytes; -1 when the system does not say.
int64_t meminfo(const std::string& key) {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key + ":")) return std::atoll(line.c_str() + key.size() + 1) * 1024;
  return -1;
}

// Of the control group, which may be less than the machine has; -1: none.
int64_t memory_limit() {
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"})
    if (const int64_t bytes = std::atoll(first_line(path).c_str()); bytes > 0 && bytes < int64_t{1} << 50) return bytes;
  return -1;
}

std::string shown_bytes(int64_t bytes) { return bytes < 0 ? "not known" : human_bytes(bytes); }

std::string room_in(const std::string& folder) {
  fs::path p = folder;
  std::error_code ignored;
  while (!p.empty() && !fs::exists(p, ignored) && p != p.parent_path()) p = p.parent_path();
  struct statvfs s;
  if (::statvfs(p.empty() ? "." : p.c_str(), &s) != 0) return "not known";
  return human_bytes(static_cast<int64_t>(s.f_bavail) * static_cast<int64_t>(s.f_frsize));
}

// Opened by the first of its names that exists; opening libcuda or cuBLAS does not touch a device.
std::string where_found(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    void* library = ::dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (!library) continue;
    struct link_map* map = nullptr;
    std::string path = name;
    if (::dlinfo(library, RTLD_DI_LINKMAP, &map) == 0 && map && map->l_name && *map->l_name) path = map->l_name;
    ::dlclose(library);
    return path;
  }
  return "not found";
}

int collect_linked(struct dl_phdr_info* info, size_t, void* into) {
  if (info->dlpi_name && *info->dlpi_name && info->dlpi_name[0] == '/') static_cast<std::vector<std::string>*>(into)->push_back(info->dlpi_name);
  return 0;
}

void libraries(Facts& facts) {
  // Before anything is opened: what the program itself needs.
  std::vector<std::string> linked;
  ::dl_iterate_phdr(collect_linked, &linked);
  std::ranges::sort(linked);
  struct Wanted {
    const char* name;
    std::initializer_list<const char*> files;
  };
  static const Wanted wanted[] = {{"libcuda", {"libcuda.so.1"}},
                                  {"cuBLAS", {"libcublas.so.13", "libcublas.so.12"}},
                                  {"cuBLASLt", {"libcublasLt.so.13", "libcublasLt.so.12"}},
                                  {"cuDNN", {"libcudnn.so.9", "libcudnn.so.8"}},
                                  {"libcurl", {"libcurl.so.4", "libcurl-gnutls.so.4"}}};
  for (const Wanted& w : wanted) facts.push_back({"libraries", w.name, where_found(w.files)});
  std::string why_not;   // found is not enough: `ceir download` has to open it, with its TLS library
  const std::string curl = libcurl_version(&why_not);
  facts.push_back({"libraries", "downloads", curl.empty() ? "not possible: " + why_not : "by " + curl});
  if (const std::string driver = first_line("/proc/driver/nvidia/version"); !driver.empty()) facts.push_back({"libraries", "NVIDIA driver", driver});
  for (const std::string& path : linked) facts.push_back({"linked", fs::path(path).filename().string(), path});
}

void cache(Facts& facts) {
  const std::string folder = hub_cache_folder();
  std::error_code error;
  const bool there = fs::is_directory(folder, error);
  facts.push_back({"cache", "folder", folder});
  facts.push_back({"cache", "state", !there ? "not there yet; `ceir download` makes it" : ::access(folder.c_str(), W_OK) == 0 ? "can be written" : "cannot be written"});
  facts.push_back({"cache", "room left", room_in(folder)});
  std::vector<std::string> models;
  if (there)
    for (auto it = fs::directory_iterator(folder, error); !error && it != fs::directory_iterator(); it.increment(error)) {
      std::string name = it->path().filename().string();
      if (!name.starts_with("models--")) continue;
      name.erase(0, 8);
      if (const size_t at = name.find("--"); at != std::string::npos) name.replace(at, 2, "/");
      models.push_back(std::move(name));
    }
  std::ranges::sort(models);
  for (size_t i = 0; i < models.size(); i++) facts.push_back({"cache", fmt::format("model {}", i + 1), models[i]});
}

}  // namespace

Facts machine_facts() {
  Facts facts;
  facts.push_back({"program", "version", version()});
  facts.push_back({"processor", "model", cpu_model()});
  facts.push_back({"processor", "instructions used", cpu_features()});
  facts.push_back({"processor", "cores allowed", std::to_string(allowed_cores())});
  facts.push_back({"processor", "threads used", std::to_string(thread_count())});
  facts.push_back({"memory", "installed", shown_bytes(meminfo("MemTotal"))});
  facts.push_back({"memory", "available", shown_bytes(meminfo("MemAvailable"))});
  if (const int64_t limit = memory_limit(); limit > 0) facts.push_back({"memory", "limit of this process's group", human_bytes(limit)});
  for (const TableBase* table : all_tables()) facts.push_back({"kernels", table->op(), table->usual_variant()});
  libraries(facts);
  cache(facts);
  facts.push_back({"cache", "temporary folder", fs::temp_directory_path().string()});
  for (const char* name : {"CEIR_CPU", "CEIR_KERNEL", "HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_HUB_OFFLINE", "XDG_CACHE_HOME", "https_proxy", "HTTPS_PROXY", "NO_COLOR"})
    if (const char* value = std::getenv(name)) facts.push_back({"environment", name, value});
  if (!hub_token().empty()) facts.push_back({"environment", "access token", std::getenv("HF_TOKEN") ? "HF_TOKEN is set" : "there is one from a login"});
  return facts;
}

std::string text_of(const Facts& facts) {
  // The kernels by what they run on: a line for each kind, not for each operation.
  Facts shown;
  for (const MachineFact& f : facts) {
    const auto same = std::ranges::find_if(shown, [&](const MachineFact& s) { return f.section == "kernels" && s.section == f.section && s.name == f.value; });
    if (same != shown.end()) same->value += ", " + f.name;
    else if (f.section == "kernels") shown.push_back({f.section, f.value, f.name});
    else shown.push_back(f);
  }
  std::string out, section;
  size_t wide = 0;
  for (const MachineFact& f : shown) wide = std::max(wide, f.name.size());
  for (const MachineFact& f : shown) {
    if (f.section != section) out += f.section + "\n", section = f.section;
    out += fmt::format("  {:<{}}  {}\n", f.name, wide, f.value);
  }
  return out;
}

Json json_of(const Facts& facts) {
  Json all = Json::object();
  for (const MachineFact& f : facts) {
    const Json* before = all.find(f.section);
    Json section = before ? *before : Json::object();
    section.set(f.name, f.value);
    all.set(f.section, std::move(section));
  }
  return all;
}

}  // namespace ceir
