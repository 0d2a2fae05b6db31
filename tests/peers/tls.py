"""What the peers need to speak TLS: `--certificate FILE --key FILE` make any of them do so."""

import ssl


def add_options(parser):
    parser.add_argument("--certificate", help="PEM; with it the server speaks TLS")
    parser.add_argument("--key", help="PEM, of that certificate")
    parser.add_argument("--client-ca", help="PEM; whoever has no certificate by one of these is turned away")
    parser.add_argument("--tls", choices=("1.2", "1.3"), help="this version alone")


def context(options):
    """None when the options ask for none."""
    if options.certificate is None:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(options.certificate, options.key)
    made.set_alpn_protocols(["http/1.1"])
    if options.client_ca is not None:
        made.load_verify_locations(options.client_ca)
        made.verify_mode = ssl.CERT_REQUIRED
    if options.tls is not None:
        version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[options.tls]
        made.minimum_version = made.maximum_version = version
    return made
