#include <filesystem>
#include <memory>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/random.hpp"
#include "stripe/http_client.hpp"
#include "stripe/sigpipe_guard.hpp"
#include "unit/stripe/loopback_server.hpp"

namespace checkout::stripe {
namespace {

using testing::LoopbackServer;
using testing::Peer;

template <auto Free>
struct Freeing {
  void operator()(auto* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freeing<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freeing<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, Freeing<SSL_free>>;

constexpr long kHour = 3600;

// Self-signed, so that it is its own authority.
Certificate certify(EVP_PKEY* key, const std::string& alternativeName, long validUntil) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -2 * kHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), validUntil);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), name);
  X509_EXTENSION* names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternativeName.c_str());
  X509_add_ext(certificate.get(), names, -1);
  X509_EXTENSION_free(names);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

class HttpClientTls : public ::testing::Test {
 protected:
  ~HttpClientTls() override { std::filesystem::remove(caFile); }

  // What becomes of a request to a server with this certificate; with `trusted`, it is in the client's CA
  // file.
  HttpExchange request(const std::string& alternativeName, long validUntil, bool trusted) {
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate = certify(key.get(), alternativeName, validUntil);
    const Context context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
    HttpClientOptions options;
    if (trusted) {
      std::unique_ptr<FILE, Freeing<fclose>> file(fopen(caFile.c_str(), "w"));
      PEM_write_X509(file.get(), certificate.get());
      options.caFile = caFile;
    }
    LoopbackServer server([&](Peer& peer) {
      const SigpipeGuard guard;  // the client hangs up on certificates that it refuses
      const Tls tls(SSL_new(context.get()));
      SSL_set_fd(tls.get(), peer.fd());
      if (SSL_accept(tls.get()) != 1) return;
      char bytes[4096];
      while (SSL_read(tls.get(), bytes, sizeof bytes) > 0)
        SSL_write(tls.get(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 40);
    });
    auto client = makeHttpClient(options);
    const std::string origin = "https://" + server.authority();
    auto first = client->send(origin, {"GET", "/", {}, "", ""}, Milliseconds{5000});
    if (first.response) {
      const auto second = client->send(origin, {"GET", "/", {}, "", ""}, Milliseconds{5000});
      EXPECT_TRUE(second.response);
      EXPECT_EQ(server.connections(), 1);
    }
    return first;
  }

  void expectRefusal(const HttpExchange& exchange) {
    ASSERT_TRUE(exchange.failure);
    EXPECT_EQ(exchange.failure->kind, HttpFailure::Kind::Tls) << exchange.failure->message;
    EXPECT_FALSE(exchange.failure->maybeSent);
  }

  const std::string caFile =
      std::filesystem::temp_directory_path() / ("checkout-ca-" + randomHex(8) + ".pem");
};

TEST_F(HttpClientTls, AcceptsACertificateOfTheConfiguredAuthorityAndReusesTheConnection) {
  const auto exchange = request("IP:127.0.0.1", kHour, true);
  ASSERT_TRUE(exchange.response) << exchange.failure->message;
  EXPECT_EQ(exchange.response->body, "ok");
}

TEST_F(HttpClientTls, RefusesASelfSignedCertificate) {
  expectRefusal(request("IP:127.0.0.1", kHour, false));
}

TEST_F(HttpClientTls, RefusesAnExpiredCertificate) {
  expectRefusal(request("IP:127.0.0.1", -kHour, true));
}

TEST_F(HttpClientTls, RefusesACertificateForAnotherHost) {
  expectRefusal(request("IP:127.0.0.2", kHour, true));
  expectRefusal(request("DNS:stripe.test", kHour, true));
}

}  // namespace
}  // namespace checkout::stripe
