#include "base/seal.hpp"

#include <array>
#include <cstdlib>
#include <memory>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/base64.hpp"

namespace checkout {
namespace {

constexpr std::size_t kNonceBytes = 12, kTagBytes = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

void must(bool worked) {
  if (!worked) std::abort();  // a wrong key size, or OpenSSL is broken
}

std::string randomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  must(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

unsigned char* raw(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

Secret newSealKey() {
  return Secret(randomBytes(kSealKeyBytes));
}

std::string seal(const Secret& key, std::string_view boundTo, std::string_view text) {
  must(key.reveal().size() == kSealKeyBytes);
  const std::string nonce = randomBytes(kNonceBytes);
  std::string hidden(text.size(), '\0');
  std::array<unsigned char, kTagBytes> tag{};
  int size = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  must(cipher &&
       EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key.reveal()), raw(nonce)) == 1);
  must(EVP_EncryptUpdate(cipher.get(), nullptr, &size, raw(boundTo), static_cast<int>(boundTo.size())) == 1);
  must(EVP_EncryptUpdate(cipher.get(), raw(hidden), &size, raw(text), static_cast<int>(text.size())) == 1);
  must(EVP_EncryptFinal_ex(cipher.get(), raw(hidden) + size, &size) == 1);
  must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1);
  return toBase64Url(nonce + hidden + std::string(tag.begin(), tag.end()));
}

std::optional<std::string> unseal(const Secret& key, std::string_view boundTo, std::string_view sealed) {
  must(key.reveal().size() == kSealKeyBytes);
  const auto bytes = fromBase64Url(sealed);
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes) return std::nullopt;
  const std::string_view all = *bytes;
  const std::string_view nonce = all.substr(0, kNonceBytes);
  const std::string_view hidden = all.substr(kNonceBytes, all.size() - kNonceBytes - kTagBytes);
  std::string tag(all.substr(all.size() - kTagBytes)), text(hidden.size(), '\0');
  int size = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  must(cipher &&
       EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, raw(key.reveal()), raw(nonce)) == 1);
  must(EVP_DecryptUpdate(cipher.get(), nullptr, &size, raw(boundTo), static_cast<int>(boundTo.size())) == 1);
  must(EVP_DecryptUpdate(cipher.get(), raw(text), &size, raw(hidden), static_cast<int>(hidden.size())) == 1);
  must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, raw(tag)) == 1);
  if (EVP_DecryptFinal_ex(cipher.get(), raw(text) + size, &size) != 1) return std::nullopt;
  return text;
}

}  // namespace checkout
