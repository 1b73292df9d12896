using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using QueueService.Aws.Sqs;
using QueueService.Testing;

namespace QueueService.Server.Tests.Aws.Sqs;

[SuppressMessage("Security", "CA5351", Justification = "What SQS answers.")]
public sealed class ShortMd5Tests
{
    [Fact]
    public void Short_texts_have_the_sum_that_the_platform_finds()
    {
        byte[] text = new byte[2 * ShortMd5.Longest];
        new SeededRandom(6).Fill(text);
        for (int length = 0; length <= text.Length; length++)
        {
            byte[] sum = new byte[MD5.HashSizeInBytes];
            ShortMd5.Hash(text.AsSpan(0, length), sum);
            Assert.Equal(MD5.HashData(text.AsSpan(0, length)), sum);
        }
    }

    [Theory]
    [InlineData("", "d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("message digest", "f96b697d7cb7938d525a2f31aaf161d0")]
    [InlineData(
        "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "57edf4a22be3c955ac49da2e2107b67a")]
    public void The_texts_of_the_standard_have_its_sums(string text, string sum) =>
        Assert.Equal(sum, MessageDigest.OfBody(System.Text.Encoding.ASCII.GetBytes(text)));
}
