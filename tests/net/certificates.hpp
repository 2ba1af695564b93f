// Certificates made at run time: an authority and what it signs, as PEM files in a folder that goes with the test.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace centrala::net::test {

class Certificates {
public:
    struct Pair {
        std::string certificate, private_key;  ///< paths
    };
    struct Wish {
        std::string name;
        std::string alternatives = "DNS:localhost,IP:127.0.0.1";
        long valid_from_s = -3'600, valid_until_s = 30L * 86'400;  ///< from now
    };

    Certificates() {
        std::string pattern = (std::filesystem::temp_directory_path() / "centrala-certificates-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        authority_key_ = new_key();
        authority_ = signed_by({"Test authority", ""}, authority_key_, nullptr);
        write("ca.pem", [&](FILE* f) { PEM_write_X509(f, authority_); });
    }
    ~Certificates() {
        X509_free(authority_);
        EVP_PKEY_free(authority_key_);
        std::filesystem::remove_all(folder_);
    }
    Certificates(const Certificates&) = delete;

    [[nodiscard]] std::string authority() const { return path("ca.pem"); }
    [[nodiscard]] std::string path(const std::string& file) const { return folder_ + "/" + file; }

    /// `file`: of the names <file>.pem and <file>.key; may be overwritten.
    Pair make(const std::string& file, const Wish& wish, bool by_authority = true) {
        EVP_PKEY* key = new_key();
        X509* certificate = signed_by(wish, key, by_authority ? authority_ : nullptr);
        write(file + ".pem", [&](FILE* f) { PEM_write_X509(f, certificate); });
        write(file + ".key", [&](FILE* f) { PEM_write_PrivateKey(f, key, nullptr, nullptr, 0, nullptr, nullptr); });
        X509_free(certificate);
        EVP_PKEY_free(key);
        return {path(file + ".pem"), path(file + ".key")};
    }
    template <class Writer>
    void write(const std::string& file, Writer writer) const {
        FILE* f = std::fopen(path(file).c_str(), "w");
        ASSERT_NE(f, nullptr);
        writer(f);
        std::fclose(f);
    }

private:
    static EVP_PKEY* new_key() { return EVP_EC_gen("P-256"); }

    /// Signed by itself without an issuer.
    X509* signed_by(const Wish& wish, EVP_PKEY* key, X509* issuer) {
        X509* x = X509_new();
        X509_set_version(x, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial_);
        X509_gmtime_adj(X509_getm_notBefore(x), wish.valid_from_s);
        X509_gmtime_adj(X509_getm_notAfter(x), wish.valid_until_s);
        X509_set_pubkey(x, key);
        X509_NAME* name = X509_get_subject_name(x);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(wish.name.c_str()),
                                   -1, -1, 0);
        X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : name);
        const bool authority = !issuer && wish.alternatives.empty();
        extend(x, NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
        if (!wish.alternatives.empty()) extend(x, NID_subject_alt_name, wish.alternatives.c_str());
        EXPECT_GT(X509_sign(x, issuer ? authority_key_ : key, EVP_sha256()), 0);
        return x;
    }
    static void extend(X509* x, int id, const char* value) {
        X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
        ASSERT_NE(e, nullptr) << value;
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }

    std::string folder_;
    EVP_PKEY* authority_key_ = nullptr;
    X509* authority_ = nullptr;
    long serial_ = 0;
};

}  // namespace centrala::net::test
