using System.Security.Cryptography;
using System.Text;
using QueueService.Storage.Files;

namespace QueueService.Aws.Sns;

/// <summary>Keeps the signing key in the data directory, readable by its owner only. It is made when it is asked for
/// first: most servers never sign anything.</summary>
/// <remarks>Ask it after the data directory is locked: two servers must not both make a key.</remarks>
internal sealed class SigningCertificateStore(IFileSystem files, TimeProvider time) : IDisposable
{
    public const string FileName = "sns-signing.pem";

    private const int MaxFileBytes = 16_384;

    private readonly Lock _opening = new();
    private SigningCertificate? _certificate;

    /// <exception cref="IOException">The disk failed, or the file is damaged.</exception>
    public SigningCertificate Certificate
    {
        get
        {
            lock (_opening) return _certificate ??= Open();
        }
    }

    public void Dispose() => _certificate?.Dispose();

    private SigningCertificate Open()
    {
        if (!files.Exists(FileName)) Write(SigningCertificate.Generate(time.GetUtcNow()));
        using IFile file = files.Open(FileName, FileOpening.Read);
        byte[] bytes = new byte[Math.Min(file.Length, MaxFileBytes)];
        string pem = Encoding.ASCII.GetString(bytes, 0, file.Read(bytes, 0));
        try
        {
            return SigningCertificate.Read(pem);
        }
        catch (CryptographicException damaged)
        {
            throw new IOException(
                $"{FileName} in the data directory is damaged. Restore it; if that cannot be, remove it: another key " +
                "is made, and endpoints that are subscribed again are new subscriptions.",
                damaged);
        }
    }

    /// <summary>Under its name only when it is whole, and durable before anything is signed with it.</summary>
    private void Write(string pem)
    {
        const string Unfinished = FileName + ".tmp";
        if (files.Exists(Unfinished)) files.Delete(Unfinished);
        using (IFile file = files.Open(Unfinished, FileOpening.NewPrivate))
        {
            file.Write(Encoding.ASCII.GetBytes(pem), 0);
            file.Sync();
        }

        files.Rename(Unfinished, FileName);
        files.SyncDirectory("");
    }
}
