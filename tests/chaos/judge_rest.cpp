// The store at rest, and secrets where they should not be.
#include <algorithm>
#include <cstring>
#include <fstream>

#include "chaos/books.hpp"
#include "chaos/shopper.hpp"

namespace checkout::chaos {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kOverdue{60'000};
constexpr std::size_t kLeasesAtOnce = 500;
constexpr std::size_t kChunk = 256 * 1024, kOverlap = 256;

// Which of `needles` occur in the file.
std::set<std::string> search(const fs::path& file, const std::vector<std::string>& needles) {
  std::set<std::string> found;
  std::ifstream in(file, std::ios::binary);
  std::string buffer;
  while (in) {
    const std::size_t kept = std::min(kOverlap, buffer.size());
    buffer.erase(0, buffer.size() - kept);
    buffer.resize(kept + kChunk);
    in.read(buffer.data() + kept, kChunk);
    buffer.resize(kept + static_cast<std::size_t>(in.gcount()));
    for (const std::string& needle : needles)
      if (::memmem(buffer.data(), buffer.size(), needle.data(), needle.size()) != nullptr)
        found.insert(needle);
  }
  return found;
}

}  // namespace

void Judge::judgeRest() {
  const auto read = evidence_.store.read([&](Transaction& tx) -> Result<void> {
    CHECKOUT_ASSIGN(timers, tx.timers().due(evidence_.now - kOverdue, 100));
    for (const Timer& timer : timers)
      accuse(16, timer.sagaId.value,
             "its timer " + std::string(toString(timer.kind)) + " was due at " + toIso8601(timer.dueAt));
    CHECKOUT_ASSIGN(letters, tx.outbox().due(evidence_.now - kOverdue, 100));
    for (const OutboxMessage& letter : letters)
      accuse(16, letter.sagaId.value, "a mail has not left: " + letter.email.subject);
    return {};
  });
  if (!read.ok()) accuse(16, "", "the timers can't be read: " + read.error().message);

  const TimePoint calmSince = evidence_.calmSince.value_or(evidence_.now);
  std::vector<const Saga*> sagas;
  for (const auto& [id, book] : books_.sagas) sagas.push_back(&book.saga);
  for (std::size_t start = 0; start < sagas.size(); start += kLeasesAtOnce) {
    const std::size_t end = std::min(sagas.size(), start + kLeasesAtOnce);
    std::vector<std::string> held;
    const auto tried = evidence_.store.write([&](Transaction& tx) -> Result<void> {
      held.clear();
      for (std::size_t i = start; i < end; ++i) {
        CHECKOUT_ASSIGN(lease, tx.sagas().acquireLease(sagas[i]->tenantId, sagas[i]->id, "checker", calmSince,
                                                       Milliseconds(1)));
        if (!lease) held.push_back(sagas[i]->id.value);
      }
      return {};
    });
    if (!tried.ok()) accuse(16, "", "leases can't be tried: " + tried.error().message);
    for (const std::string& id : held) accuse(16, id, "a lease on it is still held");
  }
}

void Judge::searchSecrets() {
  std::vector<std::string> needles = paymentNumbers();
  needles.emplace_back("_secret_");  // as in pi_…_secret_…
  for (const Shop& shop : evidence_.shops)
    for (const std::string& secret : {shop.secretKey, shop.webhookSecret})
      if (!secret.empty()) needles.push_back(secret);
  std::error_code failed;
  for (const auto& entry : fs::recursive_directory_iterator(evidence_.folder, failed)) {
    if (!entry.is_regular_file()) continue;
    for (const std::string& needle : search(entry.path(), needles))
      accuse(17, "", entry.path().filename().string() + " contains " + needle.substr(0, 12) + "…");
  }
}

}  // namespace checkout::chaos
