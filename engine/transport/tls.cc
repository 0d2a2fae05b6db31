#include "transport/tls.h"

#include <utility>

#include "transport/tls_context.h"
#include "transport/tls_stage.h"

namespace ringstorm {
namespace {

class TlsFactory final : public TransportFactory {
 public:
  TlsFactory(std::shared_ptr<TlsContext> context, TlsRole role, std::string server_name, bool resumes)
      : context_(std::move(context)),
        shared_{.context = context_->get(), .role = role, .server_name = std::move(server_name)} {
    if (resumes) shared_.sessions = &sessions_;
  }

  TransportPhase phase() const override { return TransportPhase::tls; }
  std::unique_ptr<TransportStage> make() override { return std::make_unique<TlsStage>(shared_); }
  std::uint64_t refused_renegotiations() const override { return shared_.refused_renegotiations; }

 private:
  std::shared_ptr<TlsContext> context_;
  TlsSessions sessions_;
  TlsShared shared_;
};

class TlsKind final : public TransportKind {
 public:
  TlsKind(std::shared_ptr<TlsContext> context, TlsRole role, std::string server_name, bool resumes)
      : context_(std::move(context)), role_(role), server_name_(std::move(server_name)), resumes_(resumes) {}

  std::unique_ptr<TransportFactory> for_shard() const override {
    return std::make_unique<TlsFactory>(context_, role_, server_name_, resumes_);
  }
  std::size_t connection_bytes() const override { return kTlsConnectionBytes; }
  std::size_t overhead(std::size_t plain_bytes) const override {
    return kTlsLastWords + (plain_bytes / kTlsRecordBytes + 1) * kTlsRecordOverhead;
  }

 private:
  std::shared_ptr<TlsContext> context_;
  TlsRole role_;
  std::string server_name_;
  bool resumes_;
};

}  // namespace

Result<std::shared_ptr<const TransportKind>> tls_client(const TlsClientOptions& options) {
  const auto context = client_context(options);
  if (!context) return context.errors();
  const std::string server_name = is_address(options.host) ? std::string{} : options.host;
  return std::shared_ptr<const TransportKind>{
      std::make_shared<TlsKind>(*context, TlsRole::connects, server_name, options.choices.resumption)};
}

Result<std::shared_ptr<const TransportKind>> tls_server(const TlsServerOptions& options) {
  const auto context = server_context(options);
  if (!context) return context.errors();
  return std::shared_ptr<const TransportKind>{
      std::make_shared<TlsKind>(*context, TlsRole::accepts, std::string{}, false)};
}

}  // namespace ringstorm
