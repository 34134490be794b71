using System.Text;
using Google.Protobuf.Reflection;
using SwarmOrleans.Contracts;
using SwarmOrleans.Tests.Unit.House;

namespace SwarmOrleans.Tests.Unit.Wire;

/// <summary>
/// Pins every name, number and type of SwarmKit's wire as text, so that a contract change shows up in review.
/// Our own fields, numbered from 1000 up, are not part of it: stock agents and clients ignore them. Run with <c>UPDATE_WIRE=1</c> to write the file anew.
/// </summary>
public sealed class WireTests
{
    private const int FirstOwnField = 1000;

    private static readonly FileDescriptor[] Files =
    [
        TypesReflection.Descriptor, SpecsReflection.Descriptor, ObjectsReflection.Descriptor, ControlReflection.Descriptor,
        DispatcherReflection.Descriptor, CaReflection.Descriptor, LogbrokerReflection.Descriptor, HealthReflection.Descriptor,
        ResourceReflection.Descriptor, WatchReflection.Descriptor, RaftReflection.Descriptor, SnapshotReflection.Descriptor,
    ];

    /// <summary>Our names for messages whose wire names collide with .NET's; message names are not on the wire.</summary>
    private static readonly Dictionary<string, string> Renamed = new()
    {
        ["SwarmTask"] = "Task",
        ["SwarmTaskStatus"] = "TaskStatus",
        ["ObjectVersion"] = "Version",
        ["StoreObject"] = "Object",
    };

    private static string PinnedFile => Path.Combine(RepositoryRoot.Path, "tests", "Unit.Tests", "Contracts", "wire.txt");

    [Fact]
    public void Wire_Descriptors_MatchThePinnedText()
    {
        var actual = string.Join('\n', Files.SelectMany(Describe)) + "\n";
        if (Environment.GetEnvironmentVariable("UPDATE_WIRE") == "1")
        {
            File.WriteAllText(PinnedFile, actual);
        }

        Assert.Equal(File.ReadAllText(PinnedFile), actual);
    }

    [Fact]
    public void Wire_Package_IsSwarmKits() =>
        Assert.All(Files, file => Assert.Equal("docker.swarmkit.v1", file.Package));

    private static IEnumerable<string> Describe(FileDescriptor file) =>
        file.EnumTypes.Select(Describe)
            .Concat(file.MessageTypes.SelectMany(Describe))
            .Concat(file.Services.SelectMany(service => service.Methods.Select(method =>
                $"rpc /{service.FullName}/{method.Name} ({Stream(method.IsClientStreaming)}{Name(method.InputType.FullName)}) -> " +
                $"({Stream(method.IsServerStreaming)}{Name(method.OutputType.FullName)})")));

    private static IEnumerable<string> Describe(MessageDescriptor message)
    {
        foreach (var field in message.Fields.InFieldNumberOrder().Where(field => field.FieldNumber < FirstOwnField))
        {
            yield return $"{Name(message.FullName)}.{field.Name} : {Type(field)} = {field.FieldNumber}";
        }

        foreach (var line in message.EnumTypes.Select(Describe))
        {
            yield return line;
        }

        foreach (var line in message.NestedTypes.Where(nested => !nested.IsMapEntry).SelectMany(Describe))
        {
            yield return line;
        }
    }

    private static string Describe(EnumDescriptor values) =>
        new StringBuilder($"enum {Name(values.FullName)} {{ ")
            .AppendJoin(", ", values.Values.Select(value => $"{value.Name} {value.Number}"))
            .Append(" }").ToString();

    private static string Type(FieldDescriptor field)
    {
        if (field.IsMap)
        {
            var entry = field.MessageType.Fields.InFieldNumberOrder();
            return $"map<{Type(entry[0])}, {Type(entry[1])}>";
        }

        var type = field.FieldType switch
        {
            FieldType.Message => Name(field.MessageType.FullName),
            FieldType.Enum => Name(field.EnumType.FullName),
            _ => field.FieldType.ToString().ToLowerInvariant(),
        };
        var oneof = field.RealContainingOneof is { } group ? $" (oneof {group.Name})" : "";
        return (field.IsRepeated ? "repeated " : "") + type + oneof;
    }

    private static string Name(string fullName)
    {
        const string Package = "docker.swarmkit.v1.";
        if (!fullName.StartsWith(Package, StringComparison.Ordinal))
        {
            return fullName;
        }

        var parts = fullName[Package.Length..].Split('.');
        parts[0] = Renamed.GetValueOrDefault(parts[0], parts[0]);
        return string.Join('.', parts);
    }

    private static string Stream(bool streaming) => streaming ? "stream " : "";
}
