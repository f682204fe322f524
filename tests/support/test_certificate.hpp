#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace telltale::test {

/// A certificate that signs itself, with its key, as PEM files that live as
/// long as this object.
class test_certificate {
public:
  /// `names`: what it is valid for, as OpenSSL words it, e.g. "IP:127.0.0.1".
  explicit test_certificate(const std::string& names) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
        EVP_EC_gen("P-256"), EVP_PKEY_free};
    const std::unique_ptr<X509, decltype(&X509_free)> made{X509_new(),
                                                           X509_free};
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3'600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 86'400);
    X509_set_pubkey(made.get(), key.get());
    auto* name = X509_get_subject_name(made.get());
    const unsigned char common[] = "telltale test";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    X509V3_CTX context;
    X509V3_set_ctx(&context, made.get(), made.get(), nullptr, nullptr, 0);
    auto* alternatives = X509V3_EXT_conf_nid(
        nullptr, &context, NID_subject_alt_name, names.c_str());
    X509_add_ext(made.get(), alternatives, -1);
    X509_EXTENSION_free(alternatives);
    if (X509_sign(made.get(), key.get(), EVP_sha256()) == 0)
      throw std::runtime_error("cannot sign the certificate");

    std::string pattern =
        (std::filesystem::temp_directory_path() / "telltale-tls-XXXXXX")
            .string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("no temporary folder");
    folder_ = pattern;
    write(certificate(),
          [&](FILE* to) { return PEM_write_X509(to, made.get()); });
    write(key_file(), [&](FILE* to) {
      return PEM_write_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr,
                                  nullptr);
    });
  }

  test_certificate(const test_certificate&) = delete;
  test_certificate& operator=(const test_certificate&) = delete;
  ~test_certificate() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string certificate() const { return (folder_ / "cert.pem").string(); }
  std::string key_file() const { return (folder_ / "key.pem").string(); }

private:
  template <class Write> static void write(const std::string& path, Write how) {
    FILE* to = std::fopen(path.c_str(), "w");
    if (to == nullptr || how(to) != 1)
      throw std::runtime_error("cannot write " + path);
    std::fclose(to);
  }

  std::filesystem::path folder_;
};

} // namespace telltale::test
