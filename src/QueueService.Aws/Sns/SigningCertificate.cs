using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace QueueService.Aws.Sns;

/// <summary>The key that signs what SNS sends, and the certificate by which receivers check it. Thread-safe.</summary>
internal sealed class SigningCertificate : IDisposable
{
    public const string PathPrefix = "/SimpleNotificationService-";
    public const string PathSuffix = ".pem";

    /// <summary>As AWS's.</summary>
    private const int KeyBits = 2_048;

    private const int FingerprintCharacters = 32;

    /// <summary>Nobody renews it: receivers look at the signature and at where the certificate came from.</summary>
    private const int Years = 30;

    private readonly RSA _key;
    private readonly byte[] _secret;
    private readonly Lock _signing = new();

    private SigningCertificate(RSA key, X509Certificate2 certificate, byte[] secret)
    {
        (_key, _secret) = (key, secret);
        Pem = Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n");
        string fingerprint = Convert.ToHexStringLower(SHA256.HashData(certificate.RawData))[..FingerprintCharacters];
        Path = PathPrefix + fingerprint + PathSuffix;
    }

    /// <summary>Where the server serves <see cref="Pem"/>.</summary>
    public string Path { get; }

    /// <summary>The certificate, without its key.</summary>
    public ReadOnlyMemory<byte> Pem { get; }

    /// <summary>Makes a key and its certificate. Answers both as the PEM that <see cref="Read"/> takes.</summary>
    public static string Generate(DateTimeOffset now)
    {
        using var key = RSA.Create(KeyBits);
        CertificateRequest request =
            new("CN=QueueService SNS", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddYears(Years));
        return certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n";
    }

    /// <exception cref="CryptographicException">The text is not what <see cref="Generate"/> answers.</exception>
    public static SigningCertificate Read(string pem)
    {
        using var certificate = X509Certificate2.CreateFromPem(pem);
        var key = RSA.Create();
        try
        {
            key.ImportFromPem(KeyOf(pem));
            byte[] secret = HMACSHA256.HashData(SHA256.HashData(key.ExportPkcs8PrivateKey()), "names of subscriptions 1"u8);
            return new SigningCertificate(key, certificate, secret);
        }
        catch (Exception)
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>The base64 of the signature.</summary>
    /// <param name="version">1: SHA-1 with RSA; 2: SHA-256 with RSA. PKCS #1 1.5 both.</param>
    [SuppressMessage("Security", "CA5350", Justification = "SNS's signature version 1 is SHA-1; 2 is there to choose.")]
    public string Sign(int version, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        HashAlgorithmName hash = version == 1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        lock (_signing) return Convert.ToBase64String(_key.SignData(bytes, hash, RSASignaturePadding.Pkcs1));
    }

    /// <summary>32 bytes that always follow from these, and that nobody else can tell.</summary>
    public byte[] Derive(string text) => HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(text));

    public void Dispose() => _key.Dispose();

    private static ReadOnlySpan<char> KeyOf(string pem)
    {
        int start = pem.IndexOf("-----BEGIN PRIVATE KEY-----", StringComparison.Ordinal);
        return start < 0 ? throw new CryptographicException("There is no private key.") : pem.AsSpan(start);
    }
}
