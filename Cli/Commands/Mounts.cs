using System.Globalization;
using SwarmOrleans.Contracts;
using MountType = SwarmOrleans.Contracts.Mount.Types.Type;

namespace SwarmOrleans.Cli.Commands;

/// <summary>Mounts as options spell them.</summary>
internal static class Mounts
{
    /// <summary><c>source:target</c>, for bind mounts and named pipes.</summary>
    public static Mount Pair(string option, MountType type, string text)
    {
        var parts = text.Split(':', 2);
        return parts.Length == 2 && parts[0].Length > 0 && parts[1].Length > 0
            ? new Mount { Type = type, Source = parts[0], Target = parts[1] }
            : throw new CommandException($"{option}: \"{text}\" is not of the form source:target");
    }

    /// <summary><c>target[:size=64m,mode=1777,ro,exec…]</c>, for memory file systems.</summary>
    public static Mount Tmpfs(string option, string text)
    {
        var parts = text.Split(':', 2);
        var mount = new Mount { Type = MountType.Tmpfs, Target = parts[0] };
        var others = new List<string>();
        foreach (var word in parts.Length == 1 ? [] : parts[1].Split(','))
        {
            var (key, value) = Split(word);
            switch (key)
            {
                case "size":
                    Tmpfs(mount).SizeBytes = Quantities.Bytes(option, value);
                    break;
                case "mode":
                    Tmpfs(mount).Mode = Octal(option, value);
                    break;
                case "ro" or "rw":
                    mount.Readonly = key == "ro";
                    break;
                case "exec" or "noexec":
                    others.Add(key);
                    break;
                default:
                    throw new CommandException($"{option}: \"{word}\" is neither size=, mode=, ro, rw, exec nor noexec");
            }
        }

        if (others.Count > 0)
        {
            Tmpfs(mount).Options = string.Join(',', others);
        }

        return mount;
    }

    /// <summary><c>type=volume,source=data,target=/data,readonly</c> and more, for all kinds.</summary>
    public static Mount Parse(string option, string text)
    {
        var mount = new Mount { Type = MountType.Volume };
        foreach (var word in text.Split(','))
        {
            var (key, value) = Split(word);
            switch (key)
            {
                case "type":
                    mount.Type = Enum.TryParse<MountType>(value, ignoreCase: true, out var type) && !char.IsDigit(value[0])
                        ? type
                        : throw new CommandException($"{option}: \"{value}\" is neither bind, volume, tmpfs, npipe nor cluster");
                    break;
                case "source" or "src":
                    mount.Source = value;
                    break;
                case "target" or "dst" or "destination":
                    mount.Target = value;
                    break;
                case "readonly" or "ro":
                    mount.Readonly = value is "" or "true" or "1";
                    break;
                case "bind-propagation":
                    mount.BindOptions = new Mount.Types.BindOptions { Propagation = Propagation(option, value) };
                    break;
                case "volume-driver":
                    Driver(mount).Name = value;
                    break;
                case "volume-opt":
                    var (name, setting) = Split(value);
                    Driver(mount).Options[name] = setting;
                    break;
                case "volume-label":
                    var (label, content) = Split(value);
                    Volume(mount).Labels[label] = content;
                    break;
                case "volume-nocopy":
                    Volume(mount).Nocopy = value is "" or "true" or "1";
                    break;
                case "tmpfs-size":
                    Tmpfs(mount).SizeBytes = Quantities.Bytes(option, value);
                    break;
                case "tmpfs-mode":
                    Tmpfs(mount).Mode = Octal(option, value);
                    break;
                default:
                    throw new CommandException($"{option}: \"{key}\" is not known; use type, source, target, readonly, bind-propagation, volume-driver, volume-opt, volume-label, volume-nocopy, tmpfs-size, tmpfs-mode");
            }
        }

        return mount.Target.Length > 0 ? mount : throw new CommandException($"{option}: \"{text}\" has no target");
    }

    private static Mount.Types.TmpfsOptions Tmpfs(Mount mount) => mount.TmpfsOptions ??= new Mount.Types.TmpfsOptions();

    private static Mount.Types.VolumeOptions Volume(Mount mount) => mount.VolumeOptions ??= new Mount.Types.VolumeOptions();

    private static Driver Driver(Mount mount) => Volume(mount).DriverConfig ??= new Driver();

    private static Mount.Types.BindOptions.Types.Propagation Propagation(string option, string text) =>
        Enum.TryParse<Mount.Types.BindOptions.Types.Propagation>(text, ignoreCase: true, out var propagation)
            ? propagation
            : throw new CommandException($"{option}: \"{text}\" is not a propagation such as rprivate or rshared");

    private static uint Octal(string option, string text)
    {
        try
        {
            return Convert.ToUInt32(text, 8);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            throw new CommandException(string.Create(CultureInfo.InvariantCulture, $"{option}: \"{text}\" is not a file mode such as 1777"));
        }
    }

    private static (string Key, string Value) Split(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (word, "") : (word[..equals], word[(equals + 1)..]);
    }
}
