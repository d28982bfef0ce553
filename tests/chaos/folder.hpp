// A folder that goes with its owner. In memory where there is a file system for that: a process that is
// killed needs no disk, and thousands of commits are made.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <unistd.h>

namespace checkout::chaos {

class Folder {
 public:
  explicit Folder(const std::string& purpose) {
    const std::filesystem::path memory("/dev/shm");
    const auto parent = ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (parent / ("checkout-" + purpose + "-XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();  // no place to work in
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    if (!keep_) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void keep() { keep_ = true; }

 private:
  std::filesystem::path path_;
  bool keep_ = false;
};

}  // namespace checkout::chaos
