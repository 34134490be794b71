using System.Runtime.InteropServices;

namespace SwarmOrleans.Agent;

/// <summary>Gives files to users.</summary>
internal static partial class FileOwner
{
    /// <summary>Gives a file to a user and group. An agent that is not root can only keep it: root's files are its own then.</summary>
    /// <exception cref="TaskException">The file cannot be given away.</exception>
    public static void Set(string path, uint user, uint group)
    {
        if (user == 0 && group == 0 && !Environment.IsPrivilegedProcess)
        {
            return;
        }

        if (Chown(path, user, group) != 0)
        {
            throw new TaskException($"{System.IO.Path.GetFileName(path)} cannot be given to user {user}, group {group}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Chown(string path, uint user, uint group);
}
