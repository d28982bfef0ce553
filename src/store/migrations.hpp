// The numbered files of src/store/migrations, compiled in and sorted by number.
#pragma once

#include <span>

#include "base/embedded.hpp"

namespace checkout::embedded {

std::span<const EmbeddedFile> storeMigrations();  // name: "0001_initial"

}  // namespace checkout::embedded
