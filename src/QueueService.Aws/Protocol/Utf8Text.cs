using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QueueService.Aws.Protocol;

/// <summary>A text that stays in UTF-8 on its way through: the body of a message.</summary>
[JsonConverter(typeof(Converter))]
internal readonly struct Utf8Text(ReadOnlyMemory<byte> utf8)
{
    public ReadOnlySpan<byte> Span => utf8.Span;

    public int Length => utf8.Length;

    /// <summary>It has half of a surrogate pair, or bytes that are no text.</summary>
    public bool IsBroken { get; private init; }

    public override string ToString() => Encoding.UTF8.GetString(utf8.Span);

    internal sealed class Converter : JsonConverter<Utf8Text>
    {
        public override Utf8Text Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String) throw new JsonException();
            if (!reader.ValueIsEscaped && !reader.HasValueSequence)
            {
                ReadOnlySpan<byte> plain = reader.ValueSpan;
                return System.Text.Unicode.Utf8.IsValid(plain)
                    ? new Utf8Text(plain.ToArray())
                    : new Utf8Text { IsBroken = true };
            }

            byte[] bytes = new byte[reader.ValueSpan.Length];
            try
            {
                return new Utf8Text(bytes.AsMemory(0, reader.CopyString(bytes)));
            }
            catch (InvalidOperationException)
            {
                return new Utf8Text { IsBroken = true };
            }
        }

        public override void Write(Utf8JsonWriter writer, Utf8Text value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.Span);
    }
}
