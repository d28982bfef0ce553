#include "app/config/secrets.hpp"

#include <cstdlib>
#include <fstream>

namespace checkout::app {
namespace {

constexpr std::size_t kMaxSecretBytes = 4096;

bool isPlain(const std::string& secret) {
  for (const char c : secret)
    if (c <= ' ' || c > '~') return false;  // it goes into a header
  return true;
}

}  // namespace

Environment processEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

std::optional<Secret> readSecret(const Node& node, const Environment& environment,
                                 std::vector<ConfigProblem>& problems) {
  const auto fail = [&](const Node& where, std::string message, std::string hint) {
    problems.push_back(where.problem(std::move(message), std::move(hint)));
    return std::nullopt;
  };
  std::string secret;
  Node source = node["env"];
  if (const auto name = source.text()) {
    const auto value = environment(*name);
    if (!value || value->empty())
      return fail(source, std::string("the environment variable ").append(*name).append(" is not set"),
                  std::string("export ").append(*name).append("=… before the server starts"));
    secret = *value;
  } else if (const auto path = (source = node["file"]).text()) {
    std::ifstream file(node.document().resolve(*path), std::ios::binary);
    if (!file) return fail(source, "the secret's file can't be read", "check the path and its permissions");
    secret.resize(kMaxSecretBytes + 1);
    file.read(secret.data(), static_cast<std::streamsize>(secret.size()));
    secret.resize(static_cast<std::size_t>(file.gcount()));
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  } else {
    return std::nullopt;  // the schema check has said why
  }
  if (secret.empty() || secret.size() > kMaxSecretBytes || !isPlain(secret))
    return fail(source, "expected one line of printable characters without spaces, found something else",
                "the secret must stand alone, without quotes or spaces");
  return Secret(std::move(secret));
}

}  // namespace checkout::app
