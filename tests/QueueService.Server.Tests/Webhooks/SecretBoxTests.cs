using System.Text;
using QueueService.Server.Tests.Faults;
using QueueService.Server.Webhooks;
using QueueService.Storage.Files;
using QueueService.Testing;

namespace QueueService.Server.Tests.Webhooks;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SecretBoxTests
{
    private static readonly byte[] Secret = "a signing key of some bytes"u8.ToArray();

    [Fact]
    public void A_sealed_secret_opens_for_its_subscription_only()
    {
        SecretBox box = new(SecretKey.Generate());
        byte[] sealedSecret = box.Seal(Secret, "orders", "mail");
        Assert.Equal(Secret, box.Open(sealedSecret, "orders", "mail"));
        Assert.Null(box.Open(sealedSecret, "orders", "other"));
        Assert.Null(box.Open(sealedSecret, "other", "mail"));
        Assert.Null(box.Open(sealedSecret, "ordersm", "ail"));
        Assert.Null(new SecretBox(SecretKey.Generate()).Open(sealedSecret, "orders", "mail"));
        Assert.Equal(Secret.Length + SecretBox.Overhead, sealedSecret.Length);
        Assert.Equal(-1, sealedSecret.AsSpan().IndexOf(Secret.AsSpan(0, 4)));
        Assert.NotEqual(sealedSecret, box.Seal(Secret, "orders", "mail"));
    }

    [Fact]
    public void Every_changed_bit_is_noticed()
    {
        SecretBox box = new(SecretKey.Generate());
        byte[] sealedSecret = box.Seal(Secret, "orders", "mail");
        for (int bit = 0; bit < sealedSecret.Length * 8; bit++)
        {
            sealedSecret[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(box.Open(sealedSecret, "orders", "mail"));
            sealedSecret[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (int length = 0; length < sealedSecret.Length; length++)
            Assert.Null(box.Open(sealedSecret.AsSpan(0, length), "orders", "mail"));
    }

    [Fact]
    public void The_server_makes_a_key_that_only_its_owner_may_read_and_finds_it_again()
    {
        using ScratchDirectory scratch = new();
        byte[] sealedSecret;
        using (PhysicalFileSystem files = new(scratch.Data))
            sealedSecret = new SecretBox(SecretKeyStore.Open(files, null)).Seal(Secret, "t", "s");
        using (PhysicalFileSystem files = new(scratch.Data))
            Assert.Equal(Secret, new SecretBox(SecretKeyStore.Open(files, null)).Open(sealedSecret, "t", "s"));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(Path.Combine(scratch.Data, SecretKeyStore.KeyFile)));
    }

    [Fact]
    public void A_wrong_key_is_refused_at_the_start()
    {
        using ScratchDirectory scratch = new();
        using PhysicalFileSystem files = new(scratch.Data);
        string key = SecretKey.Generate().ToBase64();
        SecretKeyStore.Open(files, key);
        Assert.Equal(key, SecretKeyStore.Open(files, key).ToBase64());
        string other = SecretKey.Generate().ToBase64();
        string wrong = Assert.Throws<SecretKeyException>(() => SecretKeyStore.Open(files, other)).Message;
        Assert.Contains("another key", wrong, StringComparison.Ordinal);
        Assert.DoesNotContain(other, wrong, StringComparison.Ordinal);
        string missing = Assert.Throws<SecretKeyException>(() => SecretKeyStore.Open(files, null)).Message;
        Assert.Contains("is not there", missing, StringComparison.Ordinal);
        Assert.False(files.Exists(SecretKeyStore.KeyFile));
    }

    [Fact]
    public void A_key_that_was_given_out_survives_every_power_cut()
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            SimulatedDisk disk = new();
            byte[] sealedSecret = new SecretBox(SecretKeyStore.Open(disk, null)).Seal(Secret, "t", "s");
            disk = disk.PowerCut(seed);
            Assert.Equal(Secret, new SecretBox(SecretKeyStore.Open(disk, null)).Open(sealedSecret, "t", "s"));
        }
    }

    [Fact]
    public void Keys_and_secrets_do_not_print_themselves()
    {
        SecretKey key = SecretKey.Generate();
        Assert.DoesNotContain(key.ToBase64(), key.ToString(), StringComparison.Ordinal);
        WebhookSecret secret = WebhookSecret.Generate();
        Assert.Equal("whsec_***", secret.ToString());
        Assert.Equal(secret.Key, WebhookSecret.Parse(secret.Reveal())!.Key);
        Assert.Equal(32, secret.Key.Length);
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_signing_secret_has_24_to_64_bytes(int bytes, bool valid)
    {
        string text = "whsec_" + Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('k', bytes)));
        Assert.Equal(valid, WebhookSecret.Parse(text) is not null);
        Assert.Null(WebhookSecret.Parse(text[6..]));
        Assert.Null(WebhookSecret.Parse(text + "?"));
    }
}
