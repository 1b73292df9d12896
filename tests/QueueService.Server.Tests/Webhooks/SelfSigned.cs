using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>A TLS server whose certificate nobody trusts.</summary>
internal static class SelfSigned
{
    private static readonly Lazy<X509Certificate2> Certificate = new(static () =>
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    });

    public static async Task<Stream> Secure(Stream stream)
    {
        SslStream secure = new(stream);
        await secure.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = Certificate.Value });
        return secure;
    }
}
