using System.Security.Cryptography;
using System.Text;
using QueueService.Storage.Files;

namespace QueueService.Server.Webhooks;

/// <summary>
/// Finds the key of the secrets at rest: the configured one, or one made at the first start and kept in the data
/// directory, readable by its owner only. A check value beside it tells a wrong key at the start, not at the first
/// delivery.
/// </summary>
/// <remarks>Ask it after the data directory is locked: two servers must not both make a key.</remarks>
internal static class SecretKeyStore
{
    public const string KeyFile = "webhook-secrets.key";
    public const string CheckFile = "webhook-secrets.check";

    private const int MaxFileBytes = 1_024;

    /// <exception cref="SecretKeyException">The key is not the one that this directory's secrets are sealed with, or
    /// there is none that could be.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static SecretKey Open(IFileSystem files, string? configured)
    {
        string? check = Read(files, CheckFile);
        SecretKey key = configured is null ? OwnKey(files, isFirst: check is null) : ParseConfigured(configured);
        if (check is null) Write(files, CheckFile, Text(key), FileOpening.New);
        else if (!CryptographicOperations.FixedTimeEquals(Bytes(check), Bytes(Text(key))))
            throw new SecretKeyException(
                $"The secrets of this data directory are sealed with another key ({check.Split(' ')[0]}) than " +
                $"the one given ({key.Id:x8}). Give the former one by Webhooks:SecretKey or Webhooks:SecretKeyFile, or " +
                "leave both out if the server made it.");
        return key;
    }

    private static SecretKey ParseConfigured(string text) => SecretKey.Parse(text) ??
        throw new SecretKeyException("The key of the secrets must be the base64 of 32 bytes.");

    private static SecretKey OwnKey(IFileSystem files, bool isFirst)
    {
        if (Read(files, KeyFile) is { } text)
            return SecretKey.Parse(text) ??
                throw new SecretKeyException($"{KeyFile} in the data directory is damaged.");
        // A new key would open nothing of what is sealed.
        if (!isFirst)
            throw new SecretKeyException(
                $"The secrets of this data directory are sealed, and {KeyFile} is not there. Give the key by " +
                "Webhooks:SecretKey or Webhooks:SecretKeyFile, or restore the file.");
        SecretKey key = SecretKey.Generate();
        Write(files, KeyFile, key.ToBase64(), FileOpening.NewPrivate);
        return key;
    }

    private static string Text(SecretKey key) => $"{key.Id:x8} {Convert.ToHexStringLower(key.Check)}";

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    private static string? Read(IFileSystem files, string name)
    {
        if (!files.Exists(name)) return null;
        using IFile file = files.Open(name, FileOpening.Read);
        byte[] bytes = new byte[Math.Min(file.Length, MaxFileBytes)];
        return Encoding.ASCII.GetString(bytes, 0, file.Read(bytes, 0)).Trim();
    }

    /// <summary>Under its name only when it is whole, and durable before it is used: what is sealed with a key that a
    /// power cut takes back is lost.</summary>
    private static void Write(IFileSystem files, string name, string text, FileOpening opening)
    {
        string unfinished = name + ".tmp";
        if (files.Exists(unfinished)) files.Delete(unfinished);
        using (IFile file = files.Open(unfinished, opening))
        {
            file.Write(Bytes(text + "\n"), 0);
            file.Sync();
        }

        files.Rename(unfinished, name);
        files.SyncDirectory("");
    }
}
