using System.Buffers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using QueueService.Aws.Sns;
using QueueService.Broker.Messages;

namespace QueueService.Server.Tests.Aws.Sns;

public sealed class SnsSignatureTests
{
    private static readonly string[] SignedFields =
        ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];

    private static readonly SnsNotification Notification = new()
    {
        MessageId = "AAAAAQAAAAAAAAAB",
        TopicArn = "arn:aws:sns:us-east-1:000000000000:orders",
        Subject = "An order",
        Message = "żółć \"and\"\nmore",
        Timestamp = "2026-11-22T10:00:00.000Z",
        UnsubscribeUrl = "http://127.0.0.1/?Action=Unsubscribe",
        Attributes = [new MessageAttribute("size", AttributeKind.Number, "42") { Label = "int" }],
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_receiver_checks_an_envelope_with_nothing_but_the_certificate(int version)
    {
        using SigningCertificate certificate =
            SigningCertificate.Read(SigningCertificate.Generate(DateTimeOffset.UnixEpoch));
        JsonNode envelope = Write(Notification, new SnsSigner(certificate, version, "https://here" + certificate.Path));
        Assert.Equal(
            version.ToString(System.Globalization.CultureInfo.InvariantCulture), (string?)envelope["SignatureVersion"]);
        string signed = string.Concat(
            SignedFields.Select(name => $"{name}\n{(string?)envelope[name]}\n"));
        using X509Certificate2 known = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(certificate.Pem.Span));
        using RSA key = known.GetRSAPublicKey()!;
        HashAlgorithmName hash = version == 1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        byte[] signature = Convert.FromBase64String((string)envelope["Signature"]!);
        Assert.True(key.VerifyData(Encoding.UTF8.GetBytes(signed), signature, hash, RSASignaturePadding.Pkcs1));
        Assert.False(key.VerifyData(Encoding.UTF8.GetBytes(signed + "x"), signature, hash, RSASignaturePadding.Pkcs1));
    }

    [Fact]
    public void The_envelope_of_a_FIFO_topic_has_a_sequence_number_and_no_signature()
    {
        JsonNode envelope = Write(Notification with { SequenceNumber = "00000000000000000007" }, signer: null);
        Assert.Equal(
            ["Type", "MessageId", "SequenceNumber", "TopicArn", "Subject", "Message", "Timestamp", "UnsubscribeURL",
                "MessageAttributes"],
            envelope.AsObject().Select(static field => field.Key));
        Assert.Equal("Number.int", (string?)envelope["MessageAttributes"]!["size"]!["Type"]);
    }

    [Fact]
    public void A_key_file_without_a_key_is_not_read() =>
        Assert.Throws<CryptographicException>(static () => SigningCertificate.Read("nothing"));

    private static JsonNode Write(SnsNotification notification, SnsSigner? signer)
    {
        ArrayBufferWriter<byte> output = new();
        SnsEnvelope.Write(output, notification, signer);
        return JsonNode.Parse(output.WrittenSpan)!;
    }
}
