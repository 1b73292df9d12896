using System.Text.Json;
using QueueService.Broker.Messages;

namespace QueueService.Broker.Topics.Filters;

/// <summary>Attributes as fields. Binary ones are none, as for SNS.</summary>
internal sealed partial class MessageFields
{
    public void ReadAttributes(ReadOnlySpan<byte> message, PathTree paths)
    {
        Clear(paths);
        foreach (MessageField field in MessageFormat.Fields(message))
        {
            if (!field.IsAttribute || !paths.Root.Children!.TryGet(field.Name, out PathNode? path)) continue;
            NoteHead(path.Id, _count);
            switch (field.AttributeKind)
            {
                case AttributeKind.String: AddText(path.Id, field.Value, NumberText.Read(field.Value)); break;
                case AttributeKind.Number:
                    Begin(new FieldNode { Path = path.Id, Kind = FieldKind.Number, Number = NumberText.Read(field.Value) });
                    break;
                case AttributeKind.Boolean:
                    bool isTrue = field.Value.SequenceEqual("true"u8);
                    Begin(new FieldNode { Path = path.Id, Kind = isTrue ? FieldKind.True : FieldKind.False });
                    break;
                case AttributeKind.StringArray: ReadElements(field.Value, path); break;
                default: NoteHead(path.Id, -1); break;
            }
        }

        End(Root);
    }

    /// <summary>The elements of an attribute that is an array; what is not one has none.</summary>
    private void ReadElements(ReadOnlySpan<byte> text, PathNode path)
    {
        int array = Begin(new FieldNode { Path = path.Id, Kind = FieldKind.Array });
        try
        {
            Utf8JsonReader json = new(text, Options);
            if (json.Read() && json.TokenType == JsonTokenType.StartArray) ReadArray(ref json, path);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            _count = array + 1;
        }

        End(array);
    }
}
